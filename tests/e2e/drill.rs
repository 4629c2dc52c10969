//! The weekly drill as the manifest has it: its throwaway PostgreSQL is started by its own lines, and
//! the task runs with its own arguments against it.

use crate::manifests::{built, root};
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use testkit::{Damage, Database, Postgres, Ran, programs, run};
use tests::program;

const TASK: &str = "backup-postgres";
pub(crate) const UNPRIVILEGED: &str = "65534";

const SHOP: &str = "
CREATE TABLE product (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO product SELECT i, 'product ' || i FROM generate_series(1, 1000) i;
CREATE INDEX ON product (name);
";

#[test]
fn the_drill_of_the_manifest_proves_a_backup_and_finds_a_damaged_one() {
    let pod = pod(TASK);
    let database = Postgres::start(15).create_database();
    database.psql(SHOP);
    // A role that the throwaway server does not have.
    let owner = format!("owner_of_{}", database.name());
    database.psql(&format!("CREATE ROLE {owner}"));
    database.psql(&format!("ALTER TABLE product OWNER TO {owner}"));

    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("backup");
    std::fs::create_dir(&store).unwrap();
    let mut backup = program(TASK);
    backup.envs(database.environment()).env("BACKUP_STORE", &store).arg("backup");
    run(&mut backup).ok();

    let sidecar = Sidecar::start(&pod["initContainers"][0]);
    let proven = drill(&pod["containers"][0], &sidecar, &store, &database);
    assert_eq!(proven.code, 0, "{}", proven.stderr);
    assert!(proven.stdout.contains("1000 rows"), "{}", proven.stdout);

    damage(&store);
    let damaged = drill(&pod["containers"][0], &sidecar, &store, &database);
    assert_eq!(damaged.code, 3, "{}", damaged.stderr);

    database.psql(&format!("REASSIGN OWNED BY {owner} TO postgres; DROP ROLE {owner}"));
}

/// Of a program's weekly drill.
pub(crate) fn pod(task: &str) -> Value {
    let documents = built(&root().join("manifests").join(task));
    let drill = documents.iter().find(|one| {
        one["kind"] == "CronJob" && one["metadata"]["name"] == format!("{task}-drill").as_str()
    });
    drill.unwrap().pointer("/spec/jobTemplate/spec/template/spec").unwrap().clone()
}

/// The drill's server, by the container's own command; only its place and port are of this machine.
struct Sidecar {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Sidecar {
    fn start(container: &Value) -> Self {
        assert_eq!(container["restartPolicy"], "Always", "it has to run beside the task");
        let version = container["image"].as_str().unwrap().rsplit_once(':').unwrap().1;
        let major: u32 = version.split('.').next().unwrap().parse().unwrap();
        let path = std::env::var("PATH").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        // Ends with this test, however it ends; and PostgreSQL does not run as root.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if is_root {
            run(Command::new("chown").arg(UNPRIVILEGED).arg(folder.path())).ok();
            command.args(["--reuid", UNPRIVILEGED, "--clear-groups"]);
        }
        for list in ["command", "args"] {
            command
                .args(container[list].as_array().unwrap().iter().map(|one| one.as_str().unwrap()));
        }
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", programs(major).display()))
            .env("PGDATA", folder.path().join("data"))
            .env("PGPORT", port.to_string())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self { process: command.spawn().unwrap(), port, _folder: folder }
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        run(Command::new("kill").args(["-INT", &self.process.id().to_string()]));
        let _ = self.process.wait();
    }
}

/// The task's container; it waits for the server by itself.
fn drill(container: &Value, sidecar: &Sidecar, store: &Path, database: &Database) -> Ran {
    let mut task = program(TASK);
    for variable in container["env"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        let value = match name {
            "BACKUP_STORE" => store.display().to_string(),
            "BACKUP_NAME" => database.name().to_owned(),
            _ => variable["value"].as_str().unwrap().to_owned(),
        };
        task.env(name, value.replace(":5432/", &format!(":{}/", sidecar.port)));
    }
    task.args(container["args"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()));
    run(&mut task)
}

/// One bit in the middle of the file.
pub(crate) fn damage(store: &Path) {
    let mut files = std::fs::read_dir(store).unwrap().map(|file| file.unwrap().path());
    let file = files.find(|path| path.to_string_lossy().ends_with(".sql.gz")).unwrap();
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(file, Damage::Flip { at: whole.len() / 2, bit: 0 }.to(&whole)).unwrap();
}
