//! Kills, cuts, a full disk, a stop, a flipped bit: nothing false is ever listed, and the next run succeeds.

use super::store::{Store, TASK};
use std::fs;
use std::time::{Duration, Instant};
use testkit::{Damage, Disk, Fault, Mysql, Proxy, Running, Schema, moments, run};
use tests::program;

/// Some 20 MB, which no codec makes small.
const ROWS: &str = "
CREATE TABLE noise (id INT AUTO_INCREMENT PRIMARY KEY, a CHAR(64) NOT NULL, b CHAR(64) NOT NULL);
INSERT INTO noise (a, b) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
    SELECT SHA2(a.i * 1000 + b.i, 256), SHA2(a.i * 1000 - b.i, 256) FROM n a JOIN n b;
";

fn filled(release: &'static str) -> Schema {
    let schema = Mysql::start(release).create_schema();
    schema.sql(ROWS);
    schema
}

/// Files that are backups by what `list` says.
fn listed(store: &Store, schema: &Schema) -> usize {
    let list = store.run(schema, "list", &["--output", "json"]).ok();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    list["backups"].as_array().unwrap().len()
}

#[test]
fn kills_at_any_moment_leave_nothing_false() {
    let schema = filled("mariadb-11");
    let store = Store::new();
    let started = Instant::now();
    store.run(&schema, "backup", &["--no-prune"]).ok();
    let whole = started.elapsed();
    let mut sound = 1;
    for moment in moments(5, 12, whole) {
        let mut running = Running::start(store.command(&schema, "backup").arg("--no-prune"));
        if running.reaches(moment) {
            running.kill();
        }
        let now = listed(&store, &schema);
        assert!(now == sound || now == sound + 1, "{now} after {sound}");
        sound = now;
    }
    store.run(&schema, "verify", &["latest"]).ok();
    // Within one second two files would have one name, and the later is refused.
    let deadline = Instant::now() + Duration::from_secs(10);
    while store.run(&schema, "backup", &["--no-prune"]).code != 0 {
        assert!(Instant::now() < deadline, "no run succeeds any more");
    }
    assert_eq!(listed(&store, &schema), sound + 1);
}

#[test]
fn a_lost_connection_is_no_backup() {
    for release in ["mysql-9", "mariadb-11"] {
        let schema = filled(release);
        let proxy = Proxy::start(schema.server().port());
        let store = Store::new();
        let through = |arguments: &[&str]| {
            let mut command = store.command(&schema, "backup");
            run(command.env("MYSQL_TCP_PORT", proxy.port().to_string()).args(arguments))
        };
        through(&[]).ok();
        let all = proxy.carried();
        for (part, fault) in [(3, Fault::Reset), (2, Fault::Close), (4, Fault::Away)] {
            proxy.fail_after(all / part, fault);
            let lost = through(&["--wait", "1s"]);
            assert_eq!(lost.code, 1, "{release} {fault:?}: {}", lost.stderr);
            assert_eq!(listed(&store, &schema), 1, "{release} {fault:?}");
        }
    }
}

#[test]
fn told_to_stop_it_leaves_nothing_here_and_nothing_there() {
    for release in ["mysql-9", "mariadb-10"] {
        let schema = filled(release);
        let proxy = Proxy::start(schema.server().port());
        let store = Store::new();
        proxy.fail_after(4 << 20, Fault::Freeze);
        let mut command = store.command(&schema, "backup");
        let running = Running::start(command.env("MYSQL_TCP_PORT", proxy.port().to_string()));
        let deadline = Instant::now() + Duration::from_mins(1);
        while !proxy.is_frozen() {
            assert!(Instant::now() < deadline, "it never reads so much");
        }
        running.terminate();
        let ended = running.ends_within(Duration::from_secs(5));
        assert_eq!(ended.code, 143, "{release}: {}", ended.stderr);
        assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0, "{release}");
        drop(proxy);
        let busy = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '{}'",
            schema.name()
        );
        let deadline = Instant::now() + Duration::from_secs(30);
        while schema.server().statement(&busy).trim() != "0" {
            assert!(Instant::now() < deadline, "{release}: the server still works for us");
        }
    }
}

#[test]
fn a_flipped_bit_is_found_by_verify_and_stops_a_restore() {
    let schema = filled("mysql-9");
    let target = schema.server().create_schema();
    let store = Store::backup(&schema, &[]);
    let (file, mut random) = (store.file(), fastrand::Rng::with_seed(11));
    let whole = fs::read(&file).unwrap();
    for _ in 0..20 {
        let flip = Damage::Flip { at: random.usize(..whole.len()), bit: random.u8(..8) };
        fs::write(&file, flip.to(&whole)).unwrap();
        assert_eq!(store.run(&schema, "verify", &["latest"]).code, 3, "{flip:?}");
    }
    let restored = store.run(&target, "restore", &["latest", "--name", schema.name()]);
    assert_eq!(restored.code, 3, "{}", restored.stderr);
    assert_eq!(target.sql("SHOW TABLES"), "", "nothing of it was run");
    fs::write(&file, &whole).unwrap();
    store.run(&schema, "verify", &["latest"]).ok();
}

#[test]
fn a_full_disk_costs_nothing_but_this_run() {
    let schema = filled("mariadb-10");
    let disk = Disk::new("3m");
    let mut backup = program(TASK);
    backup.envs(schema.environment()).env("BACKUP_STORE", disk.path());
    let full = run(&mut backup);
    assert_eq!(full.code, 1, "{}", full.stderr);
    assert!(full.stderr.contains("No space left"), "{}", full.stderr);
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
}
