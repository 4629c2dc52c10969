//! Copies rows out of the source on several connections at once.
//!
//! Each member of the artifact is a whole COPY statement, so that members can stand in any order,
//! and a reader needs no other member to make sense of one. While one member is compressed, the
//! next is already being filled.

use super::plan::Piece;
use crate::snapshot::Snapshot;
use backup::manifest::Tally;
use backup::writer::Writer;
use futures_util::stream::Fuse;
use futures_util::{StreamExt, TryStreamExt};
use postgres::Client;
use std::collections::VecDeque;
use std::future::ready;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use task::{Context, Error, Progress, Result, Task};
use tokio::task::JoinSet;
use tokio_postgres::CopyOutStream;

/// Text in one member: enough for the compressor, little enough for memory and for seeking.
const MEMBER: usize = 1024 * 1024;

type Queue = Arc<Mutex<VecDeque<Piece>>>;

/// All pieces, on `jobs` connections that see the same snapshot.
pub(super) async fn copy(
    task: &Task,
    snapshot: &Snapshot,
    pieces: Vec<Piece>,
    writer: &Arc<Writer>,
    jobs: usize,
) -> Result<()> {
    let total = pieces.iter().map(|piece| piece.bytes).sum();
    let progress = task.progress("reading tables", Some(total));
    let jobs = jobs.min(pieces.len());
    let queue: Queue = Arc::new(Mutex::new(pieces.into()));
    let mut workers = JoinSet::new();
    for _ in 0..jobs {
        let client = task.until_stopped(snapshot.worker()).await?;
        let worker = Worker {
            client,
            writer: Arc::clone(writer),
            progress: progress.clone(),
            previous: Box::pin(ready(Ok(Vec::new()))),
        };
        workers.spawn(worker.run(Arc::clone(&queue)));
    }
    let all = async {
        while let Some(ended) = workers.join_next().await {
            ended.failed(|| "a worker ended without a result".to_owned())??;
        }
        Ok(())
    };
    let result = task.until_stopped(all).await;
    // Nobody may hold the writer any more when it is dropped: that removes what was written.
    workers.shutdown().await;
    result
}

/// A member on its way into the artifact; its buffer comes back.
type Member = Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>>;

struct Worker {
    client: Client,
    writer: Arc<Writer>,
    progress: Progress,
    /// The member before the one that is being filled.
    previous: Member,
}

impl Worker {
    async fn run(mut self, queue: Queue) -> Result<()> {
        loop {
            let piece = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(piece) = piece else { break };
            self.copy(&piece).await?;
            self.progress.add(piece.bytes);
        }
        self.previous.await?;
        Ok(())
    }

    async fn copy(&mut self, piece: &Piece) -> Result<()> {
        let begun = self.client.copy_out(&piece.copy_out).await;
        let rows = begun.map_err(|cause| self.failed(piece, cause))?;
        let mut rows = pin!(rows.fuse());
        let mut spare = Vec::with_capacity(MEMBER + 64 * 1024);
        loop {
            let filling = async {
                let filled = fill(rows.as_mut(), piece, spare).await;
                filled.map_err(|fault| match fault {
                    Fault::Server(cause) => self.client.explain(cause, piece.what()),
                    Fault::Torn => Error::failed(format!(
                        "{}: the server sent a part of a row; is something between us that \
                         changes the protocol?",
                        piece.what()
                    )),
                })
            };
            let (filled, emptied) = tokio::try_join!(filling, self.previous.as_mut())?;
            spare = emptied;
            spare.clear();
            let Some((text, tally)) = filled else {
                self.previous = Box::pin(ready(Ok(spare)));
                return Ok(());
            };
            let writer = Arc::clone(&self.writer);
            let (part, content) = (piece.part.name(), piece.content);
            self.previous =
                Box::pin(async move { writer.member(part, Some(content), tally, text).await });
        }
    }

    fn failed(&self, piece: &Piece, cause: tokio_postgres::Error) -> Error {
        self.client.explain(cause, piece.what())
    }
}

enum Fault {
    Server(tokio_postgres::Error),
    Torn,
}

/// Rows for one member, as a whole COPY statement; none at the end of the piece.
async fn fill(
    mut rows: Pin<&mut Fuse<CopyOutStream>>,
    piece: &Piece,
    mut text: Vec<u8>,
) -> Result<Option<(Vec<u8>, Tally)>, Fault> {
    let mut tally = Tally::default();
    text.extend_from_slice(&piece.copy_in);
    while text.len() < MEMBER {
        let Some(row) = rows.try_next().await.map_err(Fault::Server)? else { break };
        tally.row(row.strip_suffix(b"\n").ok_or(Fault::Torn)?);
        text.extend_from_slice(&row);
    }
    if tally.rows == 0 {
        return Ok(None);
    }
    text.extend_from_slice(b"\\.\n");
    Ok(Some((text, tally)))
}
