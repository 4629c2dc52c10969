//! A database with a table of orders, and a folder for its reports.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use testkit::{Database, Postgres, Ran, run};
use tests::program;

pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) folder: tempfile::TempDir,
}

impl Shop {
    /// With an empty table, as the program expects it by default.
    pub(crate) fn new(major: u32) -> Self {
        Self::with(major, "timestamptz", "numeric(10,2)")
    }

    pub(crate) fn with(major: u32, time: &str, price: &str) -> Self {
        Self::on(&Postgres::start(major), time, price)
    }

    pub(crate) fn on(server: &Arc<Postgres>, time: &str, price: &str) -> Self {
        let database = server.create_database();
        database.psql(&format!(
            "CREATE TABLE orders (order_id bigint, customer_id int, product_id text, quantity int,
                price {price}, timestamp {time})"
        ));
        Self { database, folder: tempfile::tempdir().unwrap() }
    }

    /// Three orders, five rows, 103.50 in all, on 26 November 2026 in UTC; and the first moment of the next
    /// day, which is not of that one.
    pub(crate) fn small(major: u32) -> Self {
        let shop = Self::new(major);
        shop.database.psql(
            "INSERT INTO orders VALUES
                (1, 1, 'tea', 2, 4.50, '2026-11-26 00:00:00Z'),
                (1, 1, 'mug', 1, 12.00, '2026-11-26 00:00:00Z'),
                (2, 2, 'tea', 10, 4.50, '2026-11-26 12:30:00Z'),
                (3, 1, 'pot', 1, 33.00, '2026-11-26 23:59:59.999999Z'),
                (3, 1, 'tea', 1, 4.50, '2026-11-26 23:59:59.999999Z'),
                (4, 1, 'pot', 1, 33.00, '2026-11-27 00:00:00Z')",
        );
        shop
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program("etl-sales");
        command
            .envs(self.database.environment())
            .env("REPORTS", self.folder.path())
            .env("WAIT", "20s");
        command.arg("--output=json").args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// Its report on stdout, after it ended well.
    #[track_caller]
    pub(crate) fn report(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments).ok()).unwrap()
    }

    /// The JSON file of a day.
    #[track_caller]
    pub(crate) fn day(&self, date: &str) -> Value {
        serde_json::from_slice(&self.file(date, "json")).unwrap()
    }

    #[track_caller]
    pub(crate) fn file(&self, date: &str, kind: &str) -> Vec<u8> {
        let name = format!("sales-{}.{kind}", date.replace('-', ""));
        let path = self.folder.path().join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap);
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn rows(&self) -> String {
        self.database.psql(
            "SELECT report_date, total_sales, items_sold, order_count, best_product
            FROM daily_sales_reports ORDER BY 1",
        )
    }

    /// A file for `--config`.
    pub(crate) fn config(yaml: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), yaml).unwrap();
        file
    }

    /// Everything the database and the folder hold, to be compared.
    pub(crate) fn all(&self) -> (String, Vec<(String, Vec<u8>)>) {
        let read = |name: String| {
            let bytes = fs::read(self.folder.path().join(&name)).unwrap();
            (name, bytes)
        };
        (dump(&self.database), self.files().into_iter().map(read).collect())
    }
}

/// Without the lines that differ in each.
fn dump(database: &Database) -> String {
    let dump = database.pg_dump(&[]);
    let same = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    dump.lines().filter(same).collect::<Vec<_>>().join("\n")
}

/// It ended as wrong use, and said these words.
#[track_caller]
pub(crate) fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, 2, "{}\n{}", ran.stderr, ran.stdout);
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {}", ran.stderr);
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
