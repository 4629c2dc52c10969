//! An open connection.

use crate::{Endpoint, Version};
use futures_util::future::join_all;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as Refusal, Opts};
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use task::Result;

/// What a server may be set to for the sake of applications, undone. Each family knows its own limit.
const PATIENCE: &str =
    "SET SESSION wait_timeout = 86400, net_read_timeout = 3600, net_write_timeout = 3600";

/// How long the end of connections may take.
const ENDING: Duration = Duration::from_secs(2);

/// Closes its connection when dropped.
pub struct Client {
    conn: Conn,
    endpoint: Endpoint,
    version: Version,
}

impl Client {
    pub(crate) async fn open(endpoint: &Endpoint, options: Opts) -> Result<Self, Refusal> {
        let mut conn = Conn::new(options).await?;
        let text: Option<String> = conn.query_first("SELECT VERSION()").await?;
        let text = text.unwrap_or_default();
        let version = Version::parse(&text);
        // Nobody knows this one; whoever must will refuse it.
        let version = version.unwrap_or(Version { mariadb: false, number: (0, 0, 0), text });
        conn.query_drop(PATIENCE).await?;
        let limit = if version.mariadb { "max_statement_time" } else { "max_execution_time" };
        conn.query_drop(format!("SET SESSION {limit} = 0")).await?;
        Ok(Self { conn, endpoint: endpoint.clone(), version })
    }

    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What stops the statement that this connection is running: a server does not notice that its
    /// client is gone until it has a row to send.
    pub fn killer(&self) -> Killer {
        Killer { id: self.conn.id(), endpoint: self.endpoint.without_database() }
    }
}

/// Ends a connection from outside.
#[derive(Clone)]
pub struct Killer {
    id: u32,
    endpoint: Endpoint,
}

impl Killer {
    /// The connection ends, and with it what it holds and waits for.
    async fn kill(&self) -> Result<()> {
        let doing = || format!("cannot end a statement on {}", self.endpoint);
        let mut client = self.endpoint.connect("nightshift kill").await?;
        match client.query_drop(format!("KILL {}", self.id)).await {
            // It has ended by itself.
            Err(error) if crate::code(&error) == Some(1094) => Ok(()),
            ended => ended.map_err(|error| crate::explain(error, doing())),
        }
    }
}

/// Ends all of them, as far as that is possible in the time that a stop may take.
pub async fn kill(killers: &[Killer]) {
    let all = join_all(killers.iter().map(Killer::kill));
    match tokio::time::timeout(ENDING, all).await {
        Err(_) => tracing::debug!("the server does not answer"),
        Ok(ended) => {
            for error in ended.into_iter().filter_map(Result::err) {
                tracing::debug!("{error:#}");
            }
        }
    }
}

impl Deref for Client {
    type Target = Conn;

    fn deref(&self) -> &Self::Target {
        &self.conn
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.conn
    }
}
