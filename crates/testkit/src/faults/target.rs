//! One database of a test server, whatever server that is, and what the server says of it.

use crate::{Database, Schema};
use std::time::{Duration, Instant};

/// `Sync`, because some journeys go on two threads.
pub trait Target: Sync {
    /// The variables in which programs look for the server's port, and for the database.
    const PORT: &'static str;
    const DATABASE: &'static str;

    fn name(&self) -> &str;

    /// For a program under test, which gets none of ours.
    fn environment(&self) -> Vec<(&'static str, String)>;

    fn port(&self) -> u16;

    /// Where a drill is to be held: this server, or a proxy on this port of it.
    fn drill_url(&self, port: u16) -> String;

    /// An empty database of the same server.
    #[must_use]
    fn another(&self) -> Self;

    /// Statements in this database; the rows.
    fn run_sql(&self, sql: &str) -> String;

    /// Whether the server has a database of this name.
    fn exists(&self, name: &str) -> bool;

    /// Drops such a database, if there is one, whoever is connected.
    fn drop_other(&self, name: &str);

    fn is_empty(&self) -> bool;

    /// All that a user's statements could have changed, to be compared, whatever the order of rows.
    fn state(&self) -> Vec<String>;

    /// Connections of the program to a database of this name.
    fn connections_to(&self, name: &str) -> u32;

    /// The databases of drills that are there now.
    fn drills(&self) -> Vec<String>;

    /// Server processes notice soon that their client is gone, but not at once.
    #[track_caller]
    fn all_disconnect(&self) {
        self.all_disconnect_from(self.name());
    }

    #[track_caller]
    fn all_disconnect_from(&self, name: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.connections_to(name) > 0 {
            assert!(Instant::now() < deadline, "a connection to {name} is left on the server");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn connections(&self) -> u32 {
        self.connections_to(self.name())
    }

    /// The drills of processes of these ids. Others may hold drills on the same server, too.
    fn drills_of(&self, ids: &[u32]) -> Vec<String> {
        let ours = |name: &String| ids.iter().any(|id| name.contains(&format!("_{id}_")));
        self.drills().into_iter().filter(ours).collect()
    }
}

impl Target for Database {
    const PORT: &'static str = "PGPORT";
    const DATABASE: &'static str = "PGDATABASE";

    fn name(&self) -> &str {
        self.name()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        self.environment()
    }

    fn port(&self) -> u16 {
        self.server().port()
    }

    fn drill_url(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    fn another(&self) -> Self {
        self.server().create_database()
    }

    fn run_sql(&self, sql: &str) -> String {
        self.psql(sql)
    }

    fn exists(&self, name: &str) -> bool {
        let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        self.server().statement(&query).trim() == "1"
    }

    fn drop_other(&self, name: &str) {
        self.server().statement(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    fn is_empty(&self) -> bool {
        let made = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        self.psql(made).trim() == "0"
    }

    fn state(&self) -> Vec<String> {
        let dump = self.pg_dump(&[]);
        // A key that is random in every dump.
        sorted(dump.lines().filter(|line| !line.contains("restrict ")))
    }

    fn connections_to(&self, name: &str) -> u32 {
        let count = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND backend_type =
                'client backend' AND application_name IN ('backup-postgres', 'nightshift restore')"
        );
        self.server().statement(&count).trim().parse().unwrap()
    }

    fn drills(&self) -> Vec<String> {
        let query = "SELECT datname FROM pg_database WHERE datname ~ '^nightshift_drill_'";
        self.server().statement(query).lines().map(str::to_owned).collect()
    }
}

impl Target for Schema {
    const PORT: &'static str = "MYSQL_TCP_PORT";
    const DATABASE: &'static str = "MYSQL_DATABASE";

    fn name(&self) -> &str {
        self.name()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        self.environment()
    }

    fn port(&self) -> u16 {
        self.server().port()
    }

    fn drill_url(&self, port: u16) -> String {
        format!("mysql://root@127.0.0.1:{port}")
    }

    fn another(&self) -> Self {
        self.server().create_schema()
    }

    fn run_sql(&self, sql: &str) -> String {
        self.sql(sql)
    }

    fn exists(&self, name: &str) -> bool {
        let query = format!(
            "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{name}'"
        );
        self.server().statement(&query).trim() == "1"
    }

    fn drop_other(&self, name: &str) {
        self.server().statement(&format!("DROP DATABASE IF EXISTS {name}"));
    }

    fn is_empty(&self) -> bool {
        self.sql("SHOW TABLES").is_empty()
    }

    /// Definitions as the vendor's own tool writes them, and the server's own sums of the rows.
    fn state(&self) -> Vec<String> {
        let mut arguments = vec!["--no-data", "--skip-comments", "--routines", "--events"];
        arguments.extend(["--no-tablespaces", "--skip-lock-tables"]);
        if !self.server().is_mariadb() {
            arguments.extend(["--set-gtid-purged=OFF", "--column-statistics=0"]);
        }
        let mut state = self.dump(&arguments);
        let tables = self.sql("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'");
        let names: Vec<_> = tables.lines().filter_map(|line| line.split('\t').next()).collect();
        if !names.is_empty() {
            let sums = self.sql(&format!("CHECKSUM TABLE `{}` EXTENDED", names.join("`, `")));
            state += &sums.replace(&format!("{}.", self.name()), "");
        }
        sorted(state.lines())
    }

    fn connections_to(&self, name: &str) -> u32 {
        let count =
            format!("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '{name}'");
        self.server().statement(&count).trim().parse().unwrap()
    }

    fn drills(&self) -> Vec<String> {
        let query = r"SHOW DATABASES LIKE 'nightshift\_drill\_%'";
        self.server().statement(query).lines().map(str::to_owned).collect()
    }
}

fn sorted<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}
