//! One consistent moment for several connections.
//!
//! While a global read lock is held, for as long as it takes to begin a transaction on each
//! connection, nobody writes: so all of them see the same rows. What the schema is, the leader asks
//! afterwards; on MySQL a backup lock keeps it from changing, elsewhere it is compared at the end.

use backup::manifest::Server;
use mysql::quote::ident;
use mysql::{Client, Endpoint, Row, code, explain};
use mysql_async::prelude::Queryable;
use std::time::Duration;
use task::{Error, Result, Task};
use tracing::warn;

const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// Errors that mean "you may not".
const FORBIDDEN: [u16; 4] = [1044, 1045, 1142, 1227];

/// What changes how the server prints what we ask for. No mode of the server's own counts.
const SESSION: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = '', time_zone = '+00:00', sql_quote_show_create = 1, autocommit = 1",
    // Every text comes as the bytes that are kept, and nothing is converted.
    "SET SESSION character_set_results = NULL",
];

pub(crate) struct Snapshot {
    /// Knows the schema, and holds the backup lock where there is one.
    pub leader: Client,
    /// See the rows.
    pub workers: Vec<Client>,
    /// Nobody can change the schema meanwhile.
    pub held: bool,
    /// In the binary log, and as GTIDs.
    pub position: Option<String>,
}

impl Snapshot {
    pub(crate) async fn take(
        task: &Task,
        endpoint: &Endpoint,
        jobs: usize,
        lock_wait: Duration,
    ) -> Result<Self> {
        let Self { leader, .. } = Self::look(task, endpoint).await?;
        let killer = leader.killer();
        let taken = task.until_stopped(Self::lock(leader, endpoint, jobs, lock_wait)).await;
        if taken.is_err() {
            // It may wait for a lock, and keep writers waiting.
            mysql::kill(&[killer]).await;
        }
        taken
    }

    /// No more than a look at the schema: nothing is held, and there are no rows to be seen.
    pub(crate) async fn look(task: &Task, endpoint: &Endpoint) -> Result<Self> {
        let mut leader = endpoint.connect_waiting(task, PROGRAM).await?;
        known(&leader)?;
        prepare(&mut leader).await?;
        Ok(Self { leader, workers: Vec::new(), held: false, position: None })
    }

    /// Goes on with another database, at the same moment.
    pub(crate) async fn enter(&mut self, database: &str) -> Result<()> {
        let statement = format!("USE {}", ident(database));
        for client in self.workers.iter_mut().chain([&mut self.leader]) {
            run(client, &statement).await?;
        }
        Ok(())
    }

    pub(crate) fn server(&self) -> Server {
        let version = self.leader.version().text.clone();
        Server { version, position: self.position.clone() }
    }

    async fn lock(
        mut leader: Client,
        endpoint: &Endpoint,
        jobs: usize,
        lock_wait: Duration,
    ) -> Result<Self> {
        let seconds = lock_wait.as_secs().max(1);
        let wait = format!("SET SESSION lock_wait_timeout = {seconds}");
        run(&mut leader, &wait).await?;
        let locked = leader.query_drop("FLUSH TABLES WITH READ LOCK").await;
        let alone = match locked {
            Ok(()) => false,
            Err(error) if code(&error).is_some_and(|code| FORBIDDEN.contains(&code)) => true,
            Err(error) if code(&error) == Some(1205) => {
                return Err(explain(
                    error,
                    format!(
                        "cannot hold off writers for a moment: a statement or transaction has kept a \
                         table for longer than {seconds} s (see SHOW PROCESSLIST; LOCK_WAIT changes \
                         the time)"
                    ),
                ));
            }
            Err(error) => return Err(explain(error, "cannot hold off writers for a moment")),
        };
        if alone && jobs > 1 {
            warn!(
                "the account has not the right to hold off writers for a moment (GRANT RELOAD ON *.*): \
                 one connection alone reads the rows"
            );
        }
        // Only now: the other way round, CREATE or DROP of somebody else would hold the one lock, wait for
        // the other, and be ended as a deadlock. Who waits for the first holds nothing.
        let held = hold_schema(&mut leader).await?;
        let workers = workers(endpoint, if alone { 1 } else { jobs }).await?;
        let position = if alone { None } else { position(&mut leader).await };
        if !alone {
            run(&mut leader, "UNLOCK TABLES").await?;
        }
        Ok(Self { leader, workers, held, position })
    }
}

/// A session that prints as we want it.
pub(crate) async fn prepare(client: &mut Client) -> Result<()> {
    for statement in SESSION {
        run(client, statement).await?;
    }
    if client.version().mysql_from(8, 0) {
        run(client, "SET SESSION information_schema_stats_expiry = 0").await?;
    }
    Ok(())
}

async fn run(client: &mut Client, statement: &str) -> Result<()> {
    let done = client.query_drop(statement).await;
    done.map_err(|error| explain(error, format!("cannot prepare a session: {statement}")))
}

fn known(client: &Client) -> Result<()> {
    let version = client.version();
    let known = if version.mariadb {
        version.mariadb_from(10, 5) && version.number.0 <= 12
    } else {
        version.mysql_from(8, 0) && version.number.0 <= 9
    };
    if known {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the server is {version} ({}); this version of backup-mysql knows MySQL 8 and 9 and MariaDB \
         10.5 to 12, and will not guess what another one may hold",
        version.text
    )))
}

/// Whether the schema is held against changes.
async fn hold_schema(leader: &mut Client) -> Result<bool> {
    if leader.version().mariadb {
        return Ok(false);
    }
    match leader.query_drop("LOCK INSTANCE FOR BACKUP").await {
        Ok(()) => Ok(true),
        Err(error) if code(&error).is_some_and(|code| FORBIDDEN.contains(&code)) => Ok(false),
        Err(error) => Err(explain(error, "cannot hold the schema against changes")),
    }
}

async fn workers(endpoint: &Endpoint, jobs: usize) -> Result<Vec<Client>> {
    let mut workers = Vec::new();
    while workers.len() < jobs.max(1) {
        let opened = if workers.is_empty() {
            Some(endpoint.connect(PROGRAM).await?)
        } else {
            endpoint.connect_if_room(PROGRAM).await?
        };
        let Some(mut worker) = opened else {
            let found = workers.len();
            warn!("the server has no place for {jobs} workers: going on with {found}");
            break;
        };
        prepare(&mut worker).await?;
        run(&mut worker, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
        run(&mut worker, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
        workers.push(worker);
    }
    Ok(workers)
}

/// None where the server keeps no binary log, or does not tell us.
async fn position(leader: &mut Client) -> Option<String> {
    let version = leader.version().clone();
    let statement =
        if version.mysql_from(8, 2) { "SHOW BINARY LOG STATUS" } else { "SHOW MASTER STATUS" };
    let row: Row = leader.query_first(statement).await.ok().flatten()?;
    let text = |at: usize| row.get_opt::<String, _>(at).and_then(Result::ok).unwrap_or_default();
    let mut position = format!("{}:{}", text(0), text(1));
    let gtids = if version.mariadb {
        leader
            .query_first("SELECT @@GLOBAL.gtid_binlog_pos")
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    } else {
        text(4).replace(['\n', '\r'], "")
    };
    if !gtids.is_empty() {
        position += &format!(" GTID {gtids}");
    }
    Some(position)
}

/// What a worker read is not held any longer than it must be: who wants to change the table waits.
pub(crate) const BEFORE: &str = "SAVEPOINT nightshift";
pub(crate) const AFTER: &str = "ROLLBACK TO SAVEPOINT nightshift";

/// What a SHOW CREATE gives, as the bytes that are kept.
pub(crate) async fn show(client: &mut Client, kind: &str, name: &str) -> Result<Option<Row>> {
    let asked = client.query_first(format!("SHOW CREATE {kind} {}", ident(name))).await;
    asked.map_err(|error| {
        explain(
            error,
            format!("cannot read the definition of {} {}", kind.to_lowercase(), ident(name)),
        )
    })
}
