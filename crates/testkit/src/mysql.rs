//! MySQL and MariaDB servers, one of each shared by all tests of a process.

use crate::daemon::Daemon;
use crate::{Ran, Schema, cache, run};
use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A running server with the account `root`, who needs no password.
pub struct Mysql {
    release: &'static str,
    url: String,
    port: u16,
    /// None if it runs somewhere else.
    own: Option<(PathBuf, Daemon)>,
}

type Shared = HashMap<&'static str, Arc<OnceLock<Arc<Mysql>>>>;

/// Kept as long as the process lives, for the next test wants it too; its keeper ends it then.
static SHARED: Mutex<Option<Shared>> = Mutex::new(None);
static SCHEMAS: AtomicU32 = AtomicU32::new(0);

/// For everybody from everywhere: a test's server.
const ACCOUNTS: &str = "CREATE USER IF NOT EXISTS root@'%';
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
GRANT PROXY ON ''@'' TO root@'%' WITH GRANT OPTION;
";

/// Fast before safe: a test's data need not survive a crash.
const FAST: [&str; 12] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-external-locking",
    "--log-bin=binlog",
    "--server-id=1",
    "--sync-binlog=0",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--innodb-buffer-pool-size=128M",
    "--max-connections=200",
    "--secure-file-priv=",
    "--character-set-server=utf8mb4",
];

impl Mysql {
    /// All releases there are.
    pub const RELEASES: [&'static str; 3] = ["mysql-9", "mariadb-10", "mariadb-11"];

    /// The server of this release that all tests of the process share, started when first asked for;
    /// or the one that `NIGHTSHIFT_TEST_MYSQL_9` (`…_MARIADB_10`) points at, `root@127.0.0.1:3306`.
    pub fn start(release: &'static str) -> Arc<Self> {
        let cell = {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shared.get_or_insert_default().entry(release).or_default())
        };
        // Not under the lock: servers of other releases start at the same time.
        Arc::clone(cell.get_or_init(|| {
            let release_name = release.to_uppercase().replace('-', "_");
            match std::env::var(format!("NIGHTSHIFT_TEST_{release_name}")) {
                Ok(place) if !place.is_empty() => Arc::new(Self::elsewhere(release, &place)),
                _ => Self::private(release, &[]),
            }
        }))
    }

    fn elsewhere(release: &'static str, place: &str) -> Self {
        let port = place.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(3306);
        Self { release, url: format!("mysql://{place}"), port, own: None }
    }

    /// A server of its own, ended when dropped, with these options more; `{folder}` in one of them is a
    /// folder of its own.
    pub fn private(release: &'static str, options: &[&str]) -> Arc<Self> {
        let program = installed(release, if is_mariadb(release) { "mariadbd" } else { "mysqld" });
        let mut log = String::new();
        // Another process may take the free port before the server does: then another port.
        for _ in 0..5 {
            let folder = Daemon::folder(release);
            let data = folder.join("data");
            run(Command::new("cp").arg("-a").arg(installed_data(release)).arg(&data)).ok();
            std::fs::write(folder.join("accounts.sql"), ACCOUNTS).expect("a file");
            let port = TcpListener::bind("127.0.0.1:0")
                .and_then(|listener| listener.local_addr())
                .expect("a free port")
                .port();
            let at = |name: &str| folder.join(name).display().to_string();
            let mut arguments: Vec<String> = FAST.map(str::to_owned).to_vec();
            arguments.extend([
                format!("--datadir={}", at("data")),
                format!("--socket={}", at("socket")),
                format!("--pid-file={}", at("pid")),
                format!("--init-file={}", at("accounts.sql")),
                format!("--tmpdir={}", at("")),
                format!("--port={port}"),
            ]);
            if cache::is_root() {
                arguments.push("--user=root".to_owned());
            }
            if !is_mariadb(release) {
                arguments.extend(["--mysqlx=OFF".to_owned(), "--log-error-verbosity=1".to_owned()]);
            }
            let folder_name = folder.display().to_string();
            arguments.extend(options.iter().map(|option| option.replace("{folder}", &folder_name)));
            let daemon = Daemon::start(&folder, &program, &arguments);
            let url = format!("mysql://root@127.0.0.1:{port}");
            let server = Self { release, url, port, own: Some((folder, daemon)) };
            let (_, daemon) = server.own.as_ref().expect("it was just started");
            if daemon.answers(|| run(server.client().args(["-e", "SELECT 1"])).code == 0) {
                return Arc::new(server);
            }
            log = daemon.log();
        }
        panic!("{release} does not start:\n{log}");
    }

    pub fn release(&self) -> &'static str {
        self.release
    }

    pub fn is_mariadb(&self) -> bool {
        is_mariadb(self.release)
    }

    /// `mysql://user@host:port`, without a database.
    pub fn server_url(&self) -> &str {
        &self.url
    }

    /// With TCP on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its socket; a panic if the server is not ours.
    pub fn socket(&self) -> PathBuf {
        self.folder().join("socket")
    }

    /// Where a server of ours has its files.
    pub fn folder(&self) -> &Path {
        &self.own.as_ref().expect("the server was started by this process").0
    }

    pub fn log(&self) -> String {
        self.own.as_ref().map(|(_, daemon)| daemon.log()).unwrap_or_default()
    }

    /// The stock client of the same release.
    pub fn client(&self) -> Command {
        self.client_of(self.release)
    }

    /// The stock client of another release.
    pub fn client_of(&self, release: &str) -> Command {
        let name = if is_mariadb(release) { "mariadb" } else { "mysql" };
        let mut command = Command::new(installed(release, name));
        command.args(self.place()).args(["--batch", "--skip-column-names", "--raw"]);
        command
    }

    /// The vendor's dump program of the same release.
    pub fn dump_command(&self) -> Command {
        let name = if self.is_mariadb() { "mariadb-dump" } else { "mysqldump" };
        let mut command = Command::new(installed(self.release, name));
        command.args(self.place());
        command
    }

    fn place(&self) -> Vec<String> {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let (user, place) = rest.rsplit_once('@').unwrap_or(("root", rest));
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let host = place.split(':').next().unwrap_or("127.0.0.1");
        let mut place = vec![
            format!("--host={host}"),
            format!("--port={}", self.port),
            format!("--user={user}"),
            "--protocol=tcp".to_owned(),
            "--default-character-set=utf8mb4".to_owned(),
        ];
        if !password.is_empty() {
            place.push(format!("--password={password}"));
        }
        place
    }

    /// Statements without a database: for accounts and other things of the whole server. The rows, a
    /// tab between columns.
    #[track_caller]
    pub fn statement(&self, sql: &str) -> String {
        self.try_statement(sql).ok()
    }

    pub fn try_statement(&self, sql: &str) -> Ran {
        run(self.client().args(["-e", sql]))
    }

    /// A database that is there.
    pub fn schema(self: &Arc<Self>, name: &str) -> Schema {
        Schema::there(Arc::clone(self), name.to_owned())
    }

    /// A fresh one in utf8mb4, dropped with the value.
    pub fn create_schema(self: &Arc<Self>) -> Schema {
        self.create_schema_with("CHARACTER SET utf8mb4")
    }

    /// The same with options of `CREATE DATABASE`, such as another character set.
    pub fn create_schema_with(self: &Arc<Self>, options: &str) -> Schema {
        let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        self.statement(&format!("CREATE DATABASE {name} {options}"));
        Schema::new(Arc::clone(self), name)
    }
}

fn is_mariadb(release: &str) -> bool {
    release.starts_with("mariadb")
}

fn installed(release: &str, program: &str) -> PathBuf {
    cache::installed(&format!("mysql/{release}/bin/{program}"))
}

fn installed_data(release: &str) -> PathBuf {
    cache::installed(&format!("mysql/{release}/data"))
}
