//! The weekly drill as the manifest has it: its throwaway MySQL is started by its own lines, and the task
//! runs with its own arguments against it.

use super::store::{Store, TASK};
use crate::drill::{UNPRIVILEGED, damage, pod};
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use testkit::{Mysql, Ran, Schema, run};
use tests::program;

const SHOP: &str = "
CREATE TABLE product (id INT PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO product VALUES (1, 'one'), (2, 'two'), (3, 'three');
CREATE DEFINER = 'nobody'@'nowhere' VIEW cheap AS SELECT id FROM product;
CREATE EVENT soon ON SCHEDULE EVERY 1 SECOND DO DELETE FROM product;
";

#[test]
fn the_drill_of_the_manifest_proves_a_backup_and_finds_a_damaged_one() {
    let pod = pod(TASK);
    // Its events do not run here either.
    let server = Mysql::private("mysql-9", &["--event-scheduler=OFF"]);
    let schema = server.create_schema();
    schema.sql(SHOP);
    let store = Store::backup(&schema, &[]);
    let sidecar = Sidecar::start(&pod["initContainers"][0]);
    let proven = drill(&pod["containers"][0], &sidecar, &store, &schema);
    assert_eq!(proven.code, 0, "{}", proven.stderr);
    assert!(proven.stdout.contains("3 rows"), "{}", proven.stdout);
    damage(store.path());
    let damaged = drill(&pod["containers"][0], &sidecar, &store, &schema);
    assert_eq!(damaged.code, 3, "{}", damaged.stderr);
}

/// The drill's server, by the container's own command; only its place and port are of this machine.
struct Sidecar {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Sidecar {
    fn start(container: &Value) -> Self {
        assert_eq!(container["restartPolicy"], "Always", "it has to run beside the task");
        let programs = testkit::programs_of("mysql-9");
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Ends with this test, however it ends; and MySQL does not run as root.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]);
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            run(Command::new("chown").arg(UNPRIVILEGED).arg(folder.path())).ok();
            command.args(["--reuid", UNPRIVILEGED, "--clear-groups"]);
        }
        let scratch = folder.path().display().to_string();
        for list in ["command", "args"] {
            let words = container[list].as_array().unwrap().iter();
            command.args(words.map(|word| word.as_str().unwrap().replace("/scratch", &scratch)));
        }
        let path = std::env::var("PATH").unwrap();
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("MYSQL_TCP_PORT", port.to_string())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self { process: command.spawn().unwrap(), port, _folder: folder }
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        run(Command::new("kill").arg(self.process.id().to_string()));
        let _ = self.process.wait();
    }
}

/// The task's container; it waits for the server by itself.
fn drill(container: &Value, sidecar: &Sidecar, store: &Store, schema: &Schema) -> Ran {
    let mut task = program(TASK);
    for variable in container["env"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        let value = match name {
            "BACKUP_STORE" => store.path().display().to_string(),
            "BACKUP_NAME" => schema.name().to_owned(),
            _ => variable["value"].as_str().unwrap().to_owned(),
        };
        task.env(name, value.replace(":3306", &format!(":{}", sidecar.port)));
    }
    task.args(container["args"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()));
    run(&mut task)
}
