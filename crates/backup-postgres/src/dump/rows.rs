//! Copies rows out of the source on several connections at once.
//!
//! Each member of the artifact is a whole statement, so that members can stand in any order,
//! and a reader needs no other member to make sense of one.

use super::plan::Piece;
use crate::snapshot::Snapshot;
use backup::manifest::Tally;
use backup::writer::{Lane, Writer};
use bytes::Bytes;
use futures_util::future::join;
use futures_util::stream::Fuse;
use futures_util::{StreamExt, TryStreamExt};
use postgres::Client;
use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use task::{Context, Error, Progress, Result, Task};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_postgres::CopyOutStream;
use tokio_postgres::error::SqlState;

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
    let places = Arc::new(Semaphore::new(jobs));
    let postponed: Queue = Queue::default();
    let worker = |client| Worker {
        client,
        progress: progress.clone(),
        begin_again: format!("ROLLBACK; {}", snapshot.see_the_same()),
        postponed: Arc::clone(&postponed),
        lane: Lane::new(Arc::clone(writer), Arc::clone(&places)),
    };
    let mut workers = JoinSet::new();
    for client in task.until_stopped(snapshot.workers(jobs)).await? {
        workers.spawn(worker(client).run(Arc::clone(&queue)));
    }
    let all = async {
        while let Some(ended) = workers.join_next().await {
            ended.failed(|| "a worker ended without a result".to_owned())??;
        }
        // The leader holds the lock on every table and need not wait for any.
        worker(Arc::clone(&snapshot.leader)).run(Arc::clone(&postponed)).await
    };
    let result = task.until_stopped(all).await;
    // Nobody may hold the writer any more when it is dropped: that removes what was written.
    workers.shutdown().await;
    result
}

struct Worker {
    client: Arc<Client>,
    progress: Progress,
    /// Statements after a lock that was not to be had.
    begin_again: String,
    /// Pieces whose table could not be locked at once.
    postponed: Queue,
    lane: Lane,
}

impl Worker {
    async fn run(mut self, queue: Queue) -> Result<()> {
        loop {
            let piece = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(piece) = piece else { break };
            if let Some(rows) = self.begin(&piece).await? {
                self.copy(&piece, rows).await?;
            } else {
                self.postponed.lock().unwrap_or_else(PoisonError::into_inner).push_back(piece);
            }
        }
        self.lane.finish().await
    }

    /// None if somebody waits for the table in order to change it. Whoever asks for a lock now
    /// stands behind them, and they wait for our leader: that would last for ever, and no server
    /// sees it.
    async fn begin(&mut self, piece: &Piece) -> Result<Option<CopyOutStream>> {
        let lock = piece.locked.as_ref().map_or_else(String::new, |table| {
            format!("LOCK TABLE {table} IN ACCESS SHARE MODE NOWAIT")
        });
        // The second is on its way before the first is answered.
        let locking = self.client.batch_execute(&lock);
        let (locked, begun) = join(locking, self.client.copy_out(&piece.copy_out)).await;
        match locked {
            Err(cause) if cause.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let begun = self.client.batch_execute(&self.begin_again).await;
                begun.map_err(|cause| self.failed(piece, cause))?;
                Ok(None)
            }
            Err(cause) => Err(self.failed(piece, cause)),
            Ok(()) => begun.map(Some).map_err(|cause| self.failed(piece, cause)),
        }
    }

    async fn copy(&mut self, piece: &Piece, rows: CopyOutStream) -> Result<()> {
        let mut rows = Rows { stream: pin!(rows.fuse()), rest: Bytes::new() };
        // A row takes more room on the source's disk than in its text, or less: none counts twice.
        let mut unseen = piece.bytes;
        loop {
            let text = self.lane.buffer();
            let client = &self.client;
            let filling = async {
                rows.fill(piece, text).await.map_err(|fault| match fault {
                    Fault::Server(cause) => client.explain(cause, piece.what()),
                    Fault::Torn => Error::failed(format!(
                        "{}: the server sent a part of a row; is something between us that \
                         changes the protocol?",
                        piece.what()
                    )),
                })
            };
            let Some((text, tally)) = self.lane.with(filling).await? else {
                self.progress.add(unseen);
                return Ok(());
            };
            let seen = unseen.min(text.len() as u64);
            self.progress.add(seen);
            unseen -= seen;
            self.lane.send(piece.part.name(), piece.content, tally, text).await?;
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

/// The rows of a piece as they come: many at once.
struct Rows<'a> {
    stream: Pin<&'a mut Fuse<CopyOutStream>>,
    /// What the last member had no room for.
    rest: Bytes,
}

impl Rows<'_> {
    /// Rows for one member, as a whole statement; none at the end of the piece.
    async fn fill(
        &mut self,
        piece: &Piece,
        mut text: Vec<u8>,
    ) -> Result<Option<(Vec<u8>, Tally)>, Fault> {
        let mut tally = Tally::default();
        text.extend_from_slice(&piece.copy_in);
        while text.len() < MEMBER {
            if self.rest.is_empty() {
                let Some(rows) = self.stream.try_next().await.map_err(Fault::Server)? else {
                    break;
                };
                self.rest = rows;
            }
            let taken = tally.rows(&self.rest, MEMBER - text.len());
            if taken == 0 {
                return Err(Fault::Torn);
            }
            text.extend_from_slice(&self.rest.split_to(taken));
        }
        if tally.rows == 0 {
            return Ok(None);
        }
        text.extend_from_slice(piece.end.as_bytes());
        Ok(Some((text, tally)))
    }
}
