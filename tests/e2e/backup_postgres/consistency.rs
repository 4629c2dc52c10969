//! A backup of a database that is written to all the while is of one moment.

use super::store::Store;
use std::process::Stdio;
use testkit::{Database, Postgres, judge, run};

/// pgbench moves money: the four sums are the same at every moment between two transactions.
const SUMS: &str = "SELECT (SELECT sum(abalance) FROM pgbench_accounts), \
    (SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches), \
    (SELECT coalesce(sum(delta), 0) FROM pgbench_history)";

fn pgbench(database: &Database) -> std::process::Command {
    let mut pgbench = judge("pgbench");
    pgbench.envs(database.environment());
    pgbench
}

#[test]
fn the_balances_agree_however_much_is_written() {
    for major in [13, 18] {
        let source = Postgres::start(major).create_database();
        run(pgbench(&source).args(["-i", "-q", "-s", "4"])).ok();
        let mut writers = pgbench(&source)
            .args(["-n", "-c", "4", "-R", "2000", "-T", "600"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while source.psql("SELECT count(*) > 100 FROM pgbench_history").trim() != "t" {}
        let stores: Vec<_> = (0..3).map(|_| Store::backup(&source, &["--jobs", "4"])).collect();
        let written = source.psql("SELECT count(*) FROM pgbench_history");
        writers.kill().unwrap();
        writers.wait().unwrap();
        let mut rows: Vec<u64> = Vec::new();
        for store in &stores {
            let target = store.restore_by_psql(&source, "");
            let sums = target.psql(SUMS);
            let sums: Vec<_> = sums.trim().split('|').collect();
            assert!(sums.iter().all(|sum| *sum == sums[0]), "on {major} the sums differ: {sums:?}");
            rows.push(target.psql("SELECT count(*) FROM pgbench_history").trim().parse().unwrap());
        }
        let written: u64 = written.trim().parse().unwrap();
        assert!(rows.is_sorted() && rows[0] < written, "it was written: {rows:?}, {written}");
    }
}
