//! One worker's members on their way into the artifact, in the order of their rows. While they are
//! compressed, the next is already being filled; one worker that is left alone uses all cores.

use super::Writer;
use crate::manifest::Tally;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::pin::{Pin, pin};
use std::sync::Arc;
use task::{Error, Result};
use tokio::sync::{Semaphore, oneshot};

/// A member that is being compressed, or waits for those before it; its buffer comes back.
type Member = Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>>;

pub struct Lane {
    writer: Arc<Writer>,
    /// As many members may be on their way at once, of all lanes together.
    places: Arc<Semaphore>,
    members: FuturesUnordered<Member>,
    /// Tells when the last of them is appended.
    last: Option<oneshot::Receiver<()>>,
    /// Buffers of members that are done.
    spare: Vec<Vec<u8>>,
}

impl Lane {
    pub fn new(writer: Arc<Writer>, places: Arc<Semaphore>) -> Self {
        Self { writer, places, members: FuturesUnordered::new(), last: None, spare: Vec::new() }
    }

    /// An empty buffer, of a member that is done if there is one.
    pub fn buffer(&mut self) -> Vec<u8> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Does something while the members go on.
    pub async fn with<T>(&mut self, other: impl Future<Output = Result<T>>) -> Result<T> {
        let mut other = pin!(other);
        loop {
            tokio::select! {
                done = &mut other => return done,
                Some(emptied) = self.members.next() => self.spare.push(emptied?),
            }
        }
    }

    /// Begins to compress a member, as soon as there is a place for it.
    pub async fn send(
        &mut self,
        part: &'static str,
        content: usize,
        tally: Tally,
        text: Vec<u8>,
    ) -> Result<()> {
        let places = Arc::clone(&self.places);
        let place =
            self.with(async { places.acquire_owned().await.map_err(|_| Error::stopped()) }).await?;
        let compressed = self.writer.compress(part, Some(content), tally, text);
        let (done, last) = oneshot::channel();
        let before = self.last.replace(last);
        let writer = Arc::clone(&self.writer);
        self.members.push(Box::pin(async move {
            let member = compressed.await?;
            if let Some(before) = before {
                // Without an answer it has failed, and then nobody asks for this one.
                before.await.map_err(|_| Error::stopped())?;
            }
            let emptied = writer.append(member).await?;
            drop(place);
            let _ = done.send(());
            Ok(emptied)
        }));
        Ok(())
    }

    /// Waits until all of them are appended.
    pub async fn finish(mut self) -> Result<()> {
        while let Some(emptied) = self.members.next().await {
            emptied?;
        }
        Ok(())
    }
}
