//! How much of all files together is in memory.

use std::sync::Arc;
use task::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// In KiB.
const ALL: u32 = 24 << 10;

#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ALL as usize)))
    }

    /// Waits until there is room for so many bytes; more than there ever is waits for all of it.
    pub(crate) async fn room(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(ALL).min(ALL);
        Arc::clone(&self.0).acquire_many_owned(kib).await.map_err(|_| Error::stopped())
    }
}
