//! One connection of a restore: runs statements, loads rows, and says what failed.

use super::reader::Reader;
use crate::script::statements::{Purpose, purpose, title};
use backup::manifest::Tally;
use bytes::Bytes;
use futures_util::SinkExt;
use postgres::{Client, Endpoint};
use std::pin::pin;
use task::{Error, Result, Task, While};
use tokio_postgres::error::SqlState;

pub(super) struct Session {
    client: Client,
}

const APPLICATION: &str = "nightshift restore";

/// How often a statement that lost against another of ours is tried again.
const TRIES: u32 = 20;

impl Session {
    /// A connection with the artifact's own settings.
    pub(super) async fn open(
        task: &Task,
        endpoint: &Endpoint,
        settings: &[String],
    ) -> Result<Self> {
        let client = endpoint.connect_waiting(task, APPLICATION).await?;
        Self::prepared(client, settings).await
    }

    async fn prepared(client: Client, settings: &[String]) -> Result<Self> {
        let session = Self { client };
        for setting in settings {
            session.run(setting).await?;
        }
        Ok(session)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn run(&self, statement: &str) -> Result<()> {
        let done = self.client.batch_execute(statement).await;
        done.map_err(|error| self.refused(error, statement))
    }

    /// Two of our own connections that add foreign keys can each wait for the other.
    pub(super) async fn run_beside_others(&self, statement: &str) -> Result<()> {
        for _ in 1..TRIES {
            match self.client.batch_execute(statement).await {
                Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {
                    tracing::debug!("deadlock, trying again: {}", title(statement));
                }
                done => return done.map_err(|error| self.refused(error, statement)),
            }
        }
        self.run(statement).await
    }

    /// Sends the rows that follow `header`. When the same COPY comes again right after, its rows
    /// go the same way; else the statement that came is handed back.
    pub(super) async fn load(
        &self,
        header: &str,
        reader: &mut Reader,
        tally: &mut Tally,
    ) -> Result<Option<String>> {
        let failed = |error| self.refused(error, header);
        let mut sink = pin!(self.client.copy_in::<_, Bytes>(header).await.map_err(failed)?);
        let next = loop {
            reader.begin_rows().await?;
            while let Some(rows) = reader.rows().await? {
                tally.rows(&rows, usize::MAX);
                sink.send(rows).await.map_err(failed)?;
            }
            match reader.statement().await? {
                Some(next) if next == header => {}
                next => break next,
            }
        };
        let loaded = sink.finish().await.map_err(failed)?;
        tracing::trace!(loaded, "{}", title(header));
        Ok(next)
    }

    /// The end of waiting: the server does not notice by itself that nobody listens any more.
    pub(super) async fn cancel(&self) {
        if let Err(error) = self.client.cancel().await {
            tracing::debug!("{error:#}");
        }
    }

    fn refused(&self, error: tokio_postgres::Error, statement: &str) -> Error {
        let help = help(error.code(), purpose(statement));
        self.client.explain(error, format!("cannot run {}{help}", title(statement)))
    }
}

/// What to do, where it is clear.
fn help(state: Option<&SqlState>, purpose: Purpose) -> &'static str {
    match (state, purpose) {
        (Some(&SqlState::UNDEFINED_OBJECT), Purpose::Owner) => {
            " (create the missing role first, or restore with --no-owner)"
        }
        (Some(&SqlState::UNDEFINED_OBJECT), Purpose::Privileges) => {
            " (create the missing role first, or restore with --no-privileges)"
        }
        (Some(&SqlState::INSUFFICIENT_PRIVILEGE), Purpose::Owner) => {
            " (restore as a role that may, or with --no-owner)"
        }
        (Some(&SqlState::INSUFFICIENT_PRIVILEGE), Purpose::Privileges) => {
            " (restore as a role that may, or with --no-privileges)"
        }
        (Some(&SqlState::INSUFFICIENT_PRIVILEGE), _) => " (restore as a role that may)",
        _ => "",
    }
}

/// As many connections as there are jobs, or as the server has room for.
pub(super) async fn open_all(
    task: &Task,
    endpoint: &Endpoint,
    settings: &[String],
    jobs: usize,
) -> Result<Vec<Session>> {
    let mut sessions = vec![Session::open(task, endpoint, settings).await?];
    while sessions.len() < jobs {
        let opened = endpoint.connect_if_room(APPLICATION).await;
        let Some(client) = opened.during(|| format!("cannot open {jobs} connections"))? else {
            let found = sessions.len();
            tracing::warn!("the server has no place for {jobs} connections: going on with {found}");
            break;
        };
        sessions.push(Session::prepared(client, settings).await?);
    }
    Ok(sessions)
}
