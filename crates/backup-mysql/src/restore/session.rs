//! One connection of a restore: runs statements, and says what failed.

use crate::script::account::{granted, grantee, secret};
use crate::script::statements::title;
use bytes::Bytes;
use mysql::{Client, Endpoint, Killer, Row, ServerError, code, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result, Task, While};

pub(super) struct Session {
    pub(super) client: Client,
    /// What the open transaction consists of so far.
    held: Vec<Bytes>,
    bytes: usize,
}

pub(super) const PROGRAM: &str = "nightshift restore";
/// Rows of one transaction: one flush to disk for all of them, and little enough to be held in case
/// that it must be run again.
const TRANSACTION: usize = 2 << 20;
/// How often a transaction that lost against another of ours is tried again.
const TRIES: u32 = 20;
/// A deadlock; a lock that was waited for too long.
const LOST: [u16; 2] = [1213, 1205];
/// Rows of an engine without transactions, where the server counts transactions by GTIDs: they want a
/// transaction of their own.
const ALONE: u16 = 1785;
/// A tablespace of this name.
const TABLESPACE_THERE: u16 = 1813;
/// The server's message has a part of the statement in it.
const SYNTAX: u16 = 1064;

impl Session {
    /// A connection with the artifact's own settings.
    async fn prepared(client: Client, settings: &[Bytes]) -> Result<Self> {
        let mut session = Self { client, held: Vec::new(), bytes: 0 };
        for setting in settings {
            session.run(setting).await?;
        }
        Ok(session)
    }

    pub(super) async fn run(&mut self, statement: &[u8]) -> Result<()> {
        self.send(statement).await.map_err(|error| refused(error, statement))
    }

    /// Passes over what is there already, when the server refuses it.
    pub(super) async fn run_unless_there(&mut self, statement: &[u8]) -> Result<()> {
        let Err(error) = self.send(statement).await else { return Ok(()) };
        if code(&error) == Some(TABLESPACE_THERE) || self.is_granted(statement).await {
            tracing::info!("it is there already: {}", title(statement));
            return Ok(());
        }
        Err(refused(error, statement))
    }

    /// Whether the account has this right: not all that it may do may be given by anybody.
    async fn is_granted(&mut self, right: &[u8]) -> bool {
        let Some(account) = grantee(right) else { return false };
        let question = [b"SHOW GRANTS FOR ", account].concat();
        let rights: Result<Vec<Row>, _> = self.client.query(question).await;
        let rights = rights.unwrap_or_default();
        rights.iter().any(|row| {
            let text = row.get_opt::<Vec<u8>, _>(0).and_then(Result::ok);
            text.is_some_and(|text| granted(&text) == right)
        })
    }

    pub(super) async fn begin_rows(&mut self) -> Result<()> {
        self.run(b"SET autocommit = 0").await
    }

    /// Sends rows, and makes them last when there are enough.
    pub(super) async fn insert(&mut self, statement: Bytes) -> Result<()> {
        self.bytes += statement.len();
        self.held.push(statement.clone());
        let mut done = self.send(&statement).await;
        if done.as_ref().is_err_and(|error| code(error) == Some(ALONE)) {
            self.held.pop();
            self.commit().await?;
            self.run(b"SET autocommit = 1").await?;
            self.run(&statement).await?;
            return self.run(b"SET autocommit = 0").await;
        }
        for _ in 1..TRIES {
            match &done {
                Err(error) if code(error).is_some_and(|code| LOST.contains(&code)) => {
                    tracing::debug!("{error}, trying again: {}", title(&statement));
                    let rolled_back = self.client.query_drop("ROLLBACK").await;
                    // An engine without transactions keeps the rows: they must not come twice.
                    if self.client.get_warnings() > 0 {
                        break;
                    }
                    done = match rolled_back {
                        Ok(()) => self.again().await,
                        lost => lost,
                    };
                }
                _ => break,
            }
        }
        done.map_err(|error| refused(error, &statement))?;
        if self.bytes >= TRANSACTION { self.commit().await } else { Ok(()) }
    }

    pub(super) async fn end_rows(&mut self) -> Result<()> {
        self.commit().await?;
        self.run(b"SET autocommit = 1").await
    }

    async fn commit(&mut self) -> Result<()> {
        if !self.held.is_empty() {
            self.run(b"COMMIT").await?;
            self.held.clear();
            self.bytes = 0;
        }
        Ok(())
    }

    async fn again(&mut self) -> Result<(), ServerError> {
        for statement in &self.held {
            self.client.query_drop(&statement[..]).await?;
        }
        Ok(())
    }

    async fn send(&mut self, statement: &[u8]) -> Result<(), ServerError> {
        self.client.query_drop(statement).await
    }
}

fn refused(error: ServerError, statement: &[u8]) -> Error {
    if code(&error) == Some(SYNTAX) && secret(statement).is_some() {
        let title = title(statement);
        return Error::usage(format!("cannot run {title}: the server does not understand it"));
    }
    let help = match code(&error) {
        Some(1227 | 1449 | 4006) => {
            " (restore as an account that may define for others, or with --no-definer)"
        }
        Some(1273 | 1115) => {
            " (this server does not know the character set or collation: restore on a release that \
             does)"
        }
        _ => "",
    };
    explain(error, format!("cannot run {}{help}", title(statement)))
}

/// As many connections as there are jobs, or as the server has room for.
pub(super) async fn open_all(
    task: &Task,
    endpoint: &Endpoint,
    settings: &[Bytes],
    jobs: usize,
) -> Result<Vec<Session>> {
    let first = endpoint.connect_waiting(task, PROGRAM).await?;
    let mut sessions = vec![Session::prepared(first, settings).await?];
    while sessions.len() < jobs {
        let opened = endpoint.connect_if_room(PROGRAM).await;
        let Some(client) = opened.during(|| format!("cannot open {jobs} connections"))? else {
            let found = sessions.len();
            tracing::warn!("the server has no place for {jobs} connections: going on with {found}");
            break;
        };
        sessions.push(Session::prepared(client, settings).await?);
    }
    Ok(sessions)
}

/// What ends them from outside.
pub(super) fn killers(sessions: &[Session]) -> Vec<Killer> {
    sessions.iter().map(|session| session.client.killer()).collect()
}
