//! Runs the parts of an artifact in file order, each in the way that suits it.

use super::reader::Reader;
use super::session::{Session, open_all};
use super::{Leaving, Restored};
use crate::catalog::database;
use crate::large_object;
use crate::script::statements::{Purpose, purpose};
use backup::manifest::{Chunk, Tally};
use backup::restoring::HandOut;
use backup::source::Source;
use futures_util::future::{join_all, try_join_all};
use postgres::Endpoint;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as Lock, PoisonError};
use task::{Progress, Result, Task};
use tokio::sync::Mutex;

/// Run on every connection, before anything else.
const SETTINGS: &str = "settings";
/// About the database itself.
const DATABASE: &str = "database";
/// Chunks that do not depend on each other.
const DATA: &str = "data";
/// Statements that do not depend on each other.
const INDEPENDENT: [&str; 2] = ["indexes", "foreign-keys"];
/// Statements of a serial part in one transaction: one flush to disk for all of them, and still
/// far from the server's limit of locks.
const STATEMENTS: usize = 100;
/// Compressed bytes of rows in one transaction.
const BYTES: u64 = 16 << 20;

/// A server whose roles or databases are read-only by default can still be restored.
pub(super) const WRITABLE: &str = "SET default_transaction_read_only = off";

/// Loads everything into an empty database, over `jobs` connections; what is said of the database
/// itself only if that is wanted.
pub(super) async fn load(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    jobs: usize,
    leaving: Leaving,
    itself: bool,
) -> Result<Restored> {
    let mut settings = settings(source).await?;
    if itself {
        settings.extend([WRITABLE.to_owned(), wanted(leaving)]);
    }
    let sessions = open_all(task, endpoint, &settings, jobs).await?;
    let load = Load {
        source,
        sessions: &sessions,
        leaving,
        itself,
        progress: task.progress("restore", Some(source.manifest().artifact.size)),
        statements: AtomicU64::new(0),
        loaded: Lock::new(vec![Loaded::default(); source.manifest().contents.len()]),
    };
    match task.until_stopped(load.parts()).await {
        Ok(()) => Ok(load.done()),
        Err(error) => {
            join_all(sessions.iter().map(Session::cancel)).await;
            Err(error)
        }
    }
}

/// What every connection of ours runs first.
pub(super) async fn settings(source: &Source) -> Result<Vec<String>> {
    let chunks = source.manifest().chunks.iter().filter(|chunk| chunk.part == SETTINGS);
    let mut reader = Reader::new(source.open(chunks.cloned().collect(), None));
    let mut settings = Vec::new();
    while let Some(statement) = reader.statement().await? {
        settings.push(statement);
    }
    Ok(settings)
}

/// What of the database itself is to change.
fn wanted(leaving: Leaving) -> String {
    let mut wanted = vec![database::SETTINGS];
    if !leaving.owner {
        wanted.push(database::OWNER);
    }
    if !leaving.privileges {
        wanted.push(database::PRIVILEGES);
    }
    format!("SET {} = '{}'", database::WANTED, wanted.join(","))
}

struct Load<'a> {
    source: &'a Source,
    sessions: &'a [Session],
    leaving: Leaving,
    itself: bool,
    progress: Progress,
    statements: AtomicU64,
    loaded: Lock<Vec<Loaded>>,
}

/// What went into a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    pub(super) tally: Tally,
    /// The statement that it went through, if there were rows at all.
    pub(super) header: Option<String>,
}

impl Load<'_> {
    async fn parts(&self) -> Result<()> {
        let chunks = &self.source.manifest().chunks;
        for part in chunks.chunk_by(|a, b| a.part == b.part) {
            let name = part[0].part.as_str();
            let bytes: u64 = part.iter().map(|chunk| chunk.length).sum();
            tracing::debug!(bytes, "restoring {name}");
            match name {
                SETTINGS => {}
                DATABASE if !self.itself => {}
                DATA => self.side_by_side(part).await?,
                name if INDEPENDENT.contains(&name) => self.in_any_order(part).await?,
                _ => self.one_by_one(part).await?,
            }
        }
        Ok(())
    }

    /// One connection, statement after statement, in transactions of many.
    async fn one_by_one(&self, part: &[Chunk]) -> Result<()> {
        let session = &self.sessions[0];
        let mut open = 0;
        for run in part.chunk_by(|a, b| a.content == b.content) {
            let mut reader = self.reader(run);
            let mut next = reader.statement().await?;
            while let Some(statement) = next {
                if open == 0 {
                    session.run("BEGIN").await?;
                }
                next = self.step(session, &statement, &mut reader, run[0].content).await?;
                open += 1;
                if open == STATEMENTS {
                    session.run("COMMIT").await?;
                    open = 0;
                }
            }
        }
        if open > 0 {
            session.run("COMMIT").await?;
        }
        Ok(())
    }

    /// Every connection takes the next chunk as soon as it is free.
    async fn side_by_side(&self, part: &[Chunk]) -> Result<()> {
        let chunks = HandOut::new(part);
        let take = || {
            let chunk = chunks.take()?;
            Some((chunk, self.reader(std::slice::from_ref(chunk))))
        };
        try_join_all(self.sessions.iter().map(|session| self.chunks(session, &take))).await?;
        Ok(())
    }

    async fn chunks<'c>(
        &self,
        session: &Session,
        take: &impl Fn() -> Option<(&'c Chunk, Reader)>,
    ) -> Result<()> {
        let mut open = 0;
        let mut taken = take();
        while let Some((chunk, mut reader)) = taken {
            // It is read and decompressed while the server is busy with this one.
            taken = take();
            if open == 0 {
                session.run("BEGIN").await?;
            }
            let mut next = reader.statement().await?;
            while let Some(statement) = next {
                next = self.step(session, &statement, &mut reader, chunk.content).await?;
            }
            open += chunk.length;
            if open >= BYTES || taken.is_none() {
                session.run("COMMIT").await?;
                open = 0;
            }
        }
        Ok(())
    }

    /// Every connection takes the next statement as soon as it is free.
    async fn in_any_order(&self, part: &[Chunk]) -> Result<()> {
        let reader = Mutex::new(self.reader(part));
        let reader = &reader;
        try_join_all(self.sessions.iter().map(async |session| {
            loop {
                let Some(statement) = reader.lock().await.statement().await? else {
                    return Ok(());
                };
                if self.wanted(&statement) {
                    session.run_beside_others(&statement).await?;
                }
            }
        }))
        .await?;
        Ok(())
    }

    /// Runs one statement, with the rows after it, and gives back the next.
    async fn step(
        &self,
        session: &Session,
        statement: &str,
        reader: &mut Reader,
        content: Option<usize>,
    ) -> Result<Option<String>> {
        if !self.wanted(statement) {
            return reader.statement().await;
        }
        if purpose(statement) != Purpose::Rows {
            session.run(statement).await?;
            if let Some(tally) = large_object::tally(statement.as_bytes()) {
                self.add(content, large_object::BEGIN, tally);
            }
            return reader.statement().await;
        }
        let mut tally = Tally::default();
        let next = session.load(statement, reader, &mut tally).await?;
        self.add(content, statement, tally);
        Ok(next)
    }

    fn wanted(&self, statement: &str) -> bool {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match purpose(statement) {
            Purpose::Owner => !self.leaving.owner,
            Purpose::Privileges => !self.leaving.privileges,
            Purpose::Rows | Purpose::Other => true,
        }
    }

    fn reader(&self, part: &[Chunk]) -> Reader {
        Reader::new(self.source.open(part.to_vec(), Some(self.progress.clone())))
    }

    fn add(&self, content: Option<usize>, header: &str, tally: Tally) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = content.and_then(|content| loaded.get_mut(content)) {
            loaded.tally.add(tally);
            loaded.header.get_or_insert_with(|| header.to_owned());
        }
    }

    fn done(self) -> Restored {
        Restored {
            statements: self.statements.into_inner(),
            loaded: self.loaded.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
