//! One file on its way into several stores at once. A store that fails does not keep the others: a
//! backup in one of two places is better than none. But it is said, and the run has failed.

use bytes::Bytes;
use futures_util::future::join_all;
use storage::{Sealed, Store, Upload};
use task::{Error, Exit, Result};

#[derive(Debug)]
pub(super) struct Copies {
    going: Vec<(String, Upload)>,
    failed: Vec<Failed>,
}

/// A store that does not have the file, and why.
#[derive(Debug)]
pub struct Failed {
    pub location: String,
    pub error: Error,
}

impl Copies {
    /// All of them must take the first step: what is wrong with the settings is known by then.
    pub(super) async fn create(stores: &[Store], name: &str) -> Result<Self> {
        let mut going = Vec::new();
        for store in stores {
            going.push((store.location(name), store.create(name).await?));
        }
        Ok(Self { going, failed: Vec::new() })
    }

    pub(super) async fn write(&mut self, bytes: &Bytes) -> Result<()> {
        let each = self.going.iter_mut().map(|(_, upload)| upload.write(bytes.clone()));
        let mut written = join_all(each).await.into_iter();
        let mut going = Vec::new();
        for (location, upload) in self.going.drain(..) {
            match written.next() {
                Some(Err(error)) => self.failed.push(lost(location, error)?),
                _ => going.push((location, upload)),
            }
        }
        self.going = going;
        some(&self.going, &mut self.failed)
    }

    pub(super) async fn seal(self) -> Result<(Vec<Sealed>, Vec<Failed>)> {
        let (mut sealed, mut failed) = (Vec::new(), self.failed);
        let (locations, uploads): (Vec<_>, Vec<_>) = self.going.into_iter().unzip();
        let ended = join_all(uploads.into_iter().map(Upload::seal)).await;
        for (location, ended) in locations.into_iter().zip(ended) {
            match ended {
                Ok(copy) => sealed.push(copy),
                Err(error) => failed.push(lost(location, error)?),
            }
        }
        some(&sealed, &mut failed)?;
        Ok((sealed, failed))
    }
}

/// A signal ends it all.
pub(super) fn lost(location: String, error: Error) -> Result<Failed> {
    if error.exit() == Exit::Stopped {
        return Err(error);
    }
    tracing::error!(error = format!("{error:#}"), "{location} is given up");
    Ok(Failed { location, error })
}

/// The first failure, once there is no store left.
pub(super) fn some<T>(left: &[T], failed: &mut Vec<Failed>) -> Result<()> {
    if left.is_empty() && !failed.is_empty() {
        return Err(failed.swap_remove(0).error);
    }
    Ok(())
}
