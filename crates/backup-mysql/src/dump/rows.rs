//! Reads rows out of the source on several connections at once.
//!
//! Each member of the artifact is a whole statement, so that members can stand in any order, and a
//! reader needs no other member to make sense of one.

use super::part;
use super::plan::{self, Piece};
use crate::names::shown;
use crate::rows::{Columns, Filled, Rows, head};
use crate::schema::Table;
use crate::snapshot::{AFTER, BEFORE};
use backup::writer::{Lane, Writer};
use mysql::{Client, Killer, explain};
use mysql_async::prelude::Queryable;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use task::{Context, Progress, Result, Task};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Text in one member: enough for the compressor, little enough for memory and for seeking.
const MEMBER: usize = 1024 * 1024;

/// All tables' rows. Returns the length of the longest statement, and the connections.
pub(super) async fn copy(
    task: &Task,
    clients: Vec<Client>,
    tables: &[Table],
    writer: &Arc<Writer>,
    jobs: usize,
) -> Result<(u64, Vec<Client>)> {
    let pieces = plan::pieces(tables, writer);
    let total = pieces.iter().map(|piece| piece.bytes).sum();
    let work = Arc::new(Work {
        queue: Mutex::new(pieces.into()),
        progress: task.progress("reading tables", Some(total)),
        longest: AtomicU64::new(0),
    });
    // A single connection uses all cores for compressing, too.
    let places = Arc::new(Semaphore::new(jobs.max(clients.len())));
    let killers: Vec<Killer> = clients.iter().map(Client::killer).collect();
    let mut workers = JoinSet::new();
    for client in clients {
        let lane = Lane::new(Arc::clone(writer), Arc::clone(&places));
        workers.spawn(Worker { client, lane, work: Arc::clone(&work) }.run());
    }
    let all = async {
        let mut clients = Vec::new();
        while let Some(ended) = workers.join_next().await {
            clients.push(ended.failed(|| "a worker ended without a result".to_owned())??);
        }
        Ok(clients)
    };
    let result = task.until_stopped(all).await;
    // Nobody may hold the writer any more when it is dropped: that removes what was written.
    workers.shutdown().await;
    if result.is_err() {
        // The server goes on with a statement until it has a row to send.
        mysql::kill(&killers).await;
    }
    result.map(|clients| (work.longest.load(Ordering::Relaxed), clients))
}

struct Work {
    queue: Mutex<VecDeque<Piece>>,
    progress: Progress,
    longest: AtomicU64,
}

impl Work {
    fn next(&self) -> Option<Piece> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Ranges are work for whoever is free next.
    fn first(&self, pieces: Vec<Piece>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in pieces.into_iter().rev() {
            queue.push_front(piece);
        }
    }
}

struct Worker {
    client: Client,
    lane: Lane,
    work: Arc<Work>,
}

impl Worker {
    async fn run(mut self) -> Result<Client> {
        while let Some(piece) = self.work.next() {
            self.run_statement(BEFORE).await?;
            self.piece(&piece).await?;
            self.run_statement(AFTER).await?;
        }
        self.lane.finish().await?;
        Ok(self.client)
    }

    async fn run_statement(&mut self, statement: &str) -> Result<()> {
        let done = self.lane.with(async {
            let done = self.client.query_drop(statement).await;
            done.map_err(|error| explain(error, format!("cannot run {statement}")))
        });
        done.await
    }

    async fn piece(&mut self, piece: &Piece) -> Result<()> {
        let client = &mut self.client;
        let mut columns = self.lane.with(Columns::read(client, &piece.table)).await?;
        let ranges = self.lane.with(plan::ranges(client, piece, &columns)).await?;
        if !ranges.is_empty() {
            self.work.first(ranges);
            return Ok(());
        }
        if !piece.in_order {
            columns.key.clear();
        }
        let head = head(&piece.table, &columns);
        let asking = Rows::ask(client, &columns, &piece.table, &piece.range);
        let mut rows = self.lane.with(asking).await?;
        let mut unseen = piece.bytes;
        loop {
            let mut text = self.lane.buffer();
            text.extend_from_slice(&head);
            let filled = self.lane.with(rows.fill(&mut text, MEMBER)).await?;
            let Filled { rows: tally, ended } = filled;
            if tally.rows > 0 {
                let seen = unseen.min(text.len() as u64);
                self.work.progress.add(seen);
                unseen -= seen;
                self.work.longest.fetch_max(text.len() as u64, Ordering::Relaxed);
                self.lane.send(part::DATA, piece.content, tally, text).await?;
            }
            if ended {
                self.work.progress.add(unseen);
                tracing::trace!("read {}{}", shown(&piece.table), piece.range);
                return Ok(());
            }
        }
    }
}
