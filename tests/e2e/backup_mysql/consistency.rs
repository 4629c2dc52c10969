//! A backup of a database that is written to all the while is of one moment.

use super::store::{Store, TASK};
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{Mysql, Schema, run};
use tests::program;

const ACCOUNTS: &str = "
CREATE TABLE left_side (id INT PRIMARY KEY, amount BIGINT NOT NULL, filler CHAR(200) NOT NULL DEFAULT 'x');
CREATE TABLE right_side (id INT PRIMARY KEY, amount BIGINT NOT NULL, filler CHAR(200) NOT NULL DEFAULT 'y');
CREATE TABLE moved (id INT AUTO_INCREMENT PRIMARY KEY, amount BIGINT NOT NULL);
INSERT INTO left_side (id, amount) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    SELECT a.i * 1000 + b.i, 1000 FROM n a JOIN n b WHERE a.i <= 20;
INSERT INTO right_side (id, amount) SELECT id, amount FROM left_side;
";

/// Money goes from one table to the other, and a third one keeps the sum of what went.
const MOVE: &str = "START TRANSACTION;
    SET @a = FLOOR(RAND() * 100), @l = 1001 + FLOOR(RAND() * 900), @r = 20001 + FLOOR(RAND() * 900);
    UPDATE left_side SET amount = amount - @a WHERE id = @l;
    UPDATE right_side SET amount = amount + @a WHERE id = @r;
    INSERT INTO moved (amount) VALUES (@a); COMMIT;";

const SUMS: &str =
    "SELECT (SELECT SUM(amount) FROM left_side) + (SELECT COALESCE(SUM(amount), 0) FROM moved),
    (SELECT SUM(amount) FROM right_side) - (SELECT COALESCE(SUM(amount), 0) FROM moved),
    (SELECT COUNT(*) FROM moved)";

fn sums(schema: &Schema) -> Vec<i64> {
    let line = schema.sql(SUMS);
    line.split_whitespace().map(|sum| sum.parse().unwrap()).collect()
}

#[test]
fn the_sums_agree_however_much_is_moved() {
    for release in ["mysql-9", "mariadb-10"] {
        let server = Mysql::start(release);
        let source = server.create_schema();
        source.sql(ACCOUNTS);
        let start = sums(&source);
        let done = AtomicBool::new(false);
        let stores: Vec<Store> = std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        source.sql(&MOVE.repeat(50));
                    }
                });
            }
            while sums(&source)[2] < 100 {}
            let stores = (0..3).map(|_| Store::backup(&source, &["--jobs", "3"])).collect();
            done.store(true, Ordering::Relaxed);
            stores
        });
        let mut moved = Vec::new();
        for store in &stores {
            let target = server.create_schema();
            store.restore_by(target.client());
            let found = sums(&target);
            assert_eq!(found[..2], start[..2], "on {release}");
            moved.push(found[2]);
            let position = store.manifest()["server"]["position"].to_string();
            assert!(position.contains("binlog."), "{position}");
        }
        assert!(moved.is_sorted() && moved[0] < sums(&source)[2], "it was written: {moved:?}");
    }
}

#[test]
fn all_databases_are_of_one_moment() {
    for release in ["mysql-9", "mariadb-11"] {
        let server = Mysql::private(release, &[]);
        server.statement(
            "CREATE DATABASE a; CREATE DATABASE b; CREATE TABLE a.t (amount BIGINT NOT NULL);
             CREATE TABLE b.t LIKE a.t; INSERT INTO a.t VALUES (1000); INSERT INTO b.t VALUES (1000)",
        );
        let done = AtomicBool::new(false);
        let (store, target) = (Store::new(), Mysql::private(release, &[]));
        let environment = |server: &Mysql| {
            [
                ("MYSQL_HOST", "127.0.0.1".to_owned()),
                ("MYSQL_USER", "root".to_owned()),
                ("MYSQL_TCP_PORT", server.port().to_string()),
                ("ALL_DATABASES", "true".to_owned()),
                ("BACKUP_STORE", store.path().display().to_string()),
            ]
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let transfer = "START TRANSACTION; UPDATE a.t SET amount = amount - 1;
                    UPDATE b.t SET amount = amount + 1; COMMIT;";
                while !done.load(Ordering::Relaxed) {
                    server.statement(&transfer.repeat(100));
                }
            });
            while server.statement("SELECT amount FROM a.t").trim() == "1000" {}
            let saved = run(program(TASK).envs(environment(&server)));
            done.store(true, Ordering::Relaxed);
            saved.ok();
        });
        run(program(TASK).envs(environment(&target)).arg("restore")).ok();
        let sum =
            target.statement("SELECT a.t.amount + b.t.amount, a.t.amount < 1000 FROM a.t, b.t");
        assert_eq!(sum.trim(), "2000\t1", "{release}");
    }
}
