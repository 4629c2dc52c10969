//! Runs the parts of an artifact in file order, each in the way that suits it.

use super::reader::Reader;
use super::session::{self, Session, killers};
use crate::dump::part;
use crate::script::statements::{disabled, without_definer};
use backup::manifest::{Chunk, Tally};
use backup::restoring::HandOut;
use backup::source::Source;
use bytes::Bytes;
use futures_util::future::try_join_all;
use mysql::Endpoint;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use task::{Error, Progress, Result, Task};

/// What is changed on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Changing {
    /// Who restores becomes the definer.
    pub(super) no_definer: bool,
    /// No event runs.
    pub(super) sleeping: bool,
}

/// How much of a load is done. A view can look into another database: then all are filled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    All,
    /// Tables, routines, rows.
    Filling,
    /// Views, triggers, events.
    Finishing,
}

impl Stage {
    fn has(self, part: &str) -> bool {
        let last = [part::VIEWS, part::TRIGGERS, part::EVENTS].contains(&part);
        match self {
            Self::All => true,
            Self::Filling => !last,
            Self::Finishing => last,
        }
    }
}

/// What a load did.
pub(super) struct Restored {
    pub(super) statements: u64,
    /// One for each of the manifest's contents.
    pub(super) tallies: Vec<Tally>,
}

/// Loads everything into an empty database, over `jobs` connections.
pub(super) async fn load(
    task: &Task,
    source: &Source,
    endpoint: &Endpoint,
    jobs: usize,
    (stage, changing): (Stage, Changing),
) -> Result<Restored> {
    let settings = settings(source).await?;
    let mut sessions =
        task.until_stopped(session::open_all(task, endpoint, &settings, jobs)).await?;
    let killers = killers(&sessions);
    let load = Load {
        source,
        stage,
        changing,
        progress: task.progress("restore", Some(source.manifest().artifact.size)),
        statements: AtomicU64::new(0),
        tallies: Mutex::new(vec![Tally::default(); source.manifest().contents.len()]),
    };
    match task.until_stopped(load.parts(&mut sessions)).await {
        Ok(()) => Ok(load.done()),
        Err(error) => {
            // The server does not notice by itself that nobody listens any more.
            mysql::kill(&killers).await;
            Err(error)
        }
    }
}

/// What every connection of ours runs first.
pub(super) async fn settings(source: &Source) -> Result<Vec<Bytes>> {
    let chunks = source.manifest().chunks.iter().filter(|chunk| chunk.part == part::SETTINGS);
    let mut reader = Reader::new(source.open(chunks.cloned().collect(), None));
    let mut settings = Vec::new();
    while let Some(statement) = reader.statement().await? {
        settings.push(statement.text);
    }
    Ok(settings)
}

struct Load<'a> {
    source: &'a Source,
    stage: Stage,
    changing: Changing,
    progress: Progress,
    statements: AtomicU64,
    tallies: Mutex<Vec<Tally>>,
}

impl Load<'_> {
    async fn parts(&self, sessions: &mut [Session]) -> Result<()> {
        let chunks = &self.source.manifest().chunks;
        for part in chunks.chunk_by(|a, b| a.part == b.part) {
            let name = part[0].part.as_str();
            let bytes: u64 = part.iter().map(|chunk| chunk.length).sum();
            tracing::debug!(bytes, "restoring {name}");
            match name {
                // The connections begin with the one, and end with us.
                part::SETTINGS | part::FINAL => {}
                _ if !self.stage.has(name) => {}
                part::DATA => self.side_by_side(part, sessions).await?,
                _ => self.one_by_one(part, &mut sessions[0]).await?,
            }
        }
        Ok(())
    }

    /// One connection, statement after statement: what one sets is meant for the next.
    async fn one_by_one(&self, part: &[Chunk], session: &mut Session) -> Result<()> {
        let events = part[0].part == part::EVENTS;
        let mut reader = self.reader(part);
        while let Some(statement) = reader.statement().await? {
            if statement.rows.is_some() {
                return Err(Error::integrity("rows where there should be none"));
            }
            let mut text = Cow::Borrowed(&statement.text[..]);
            if self.changing.no_definer {
                text = without_definer(&text).into_owned().into();
            }
            if self.changing.sleeping && events {
                text = disabled(&text).into_owned().into();
            }
            session.run(&text).await?;
            self.statements.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn side_by_side(&self, part: &[Chunk], sessions: &mut [Session]) -> Result<()> {
        let chunks = HandOut::new(part);
        let take = || {
            let chunk = chunks.take()?;
            Some((chunk, self.reader(std::slice::from_ref(chunk))))
        };
        try_join_all(sessions.iter_mut().map(|session| self.rows(session, &take))).await?;
        Ok(())
    }

    async fn rows<'c>(
        &self,
        session: &mut Session,
        take: &impl Fn() -> Option<(&'c Chunk, Reader)>,
    ) -> Result<()> {
        session.begin_rows().await?;
        let mut taken = take();
        while let Some((chunk, mut reader)) = taken {
            // It is read and decompressed while the server is busy with this one.
            taken = take();
            let mut tally = Tally::default();
            while let Some(statement) = reader.statement().await? {
                let rows = statement.rows;
                tally.add(
                    rows.ok_or_else(|| {
                        Error::integrity("a statement among rows that is no INSERT")
                    })?,
                );
                session.insert(statement.text).await?;
                self.statements.fetch_add(1, Ordering::Relaxed);
            }
            let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(sum) = chunk.content.and_then(|content| tallies.get_mut(content)) {
                sum.add(tally);
            }
        }
        session.end_rows().await
    }

    fn reader(&self, part: &[Chunk]) -> Reader {
        Reader::new(self.source.open(part.to_vec(), Some(self.progress.clone())))
    }

    fn done(self) -> Restored {
        Restored {
            statements: self.statements.into_inner(),
            tallies: self.tallies.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
