//! The image as a cluster would run it: another user, nothing writable, no capability, 64 MiB.

use crate::manifests::root;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{Database, Docker, Postgres, S3, run};

const USER: u32 = 65532;

/// More than the memory it gets, so that what is not streamed shows.
const ROWS: &str = "
CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text NOT NULL);
INSERT INTO visit (page) SELECT repeat(md5(i::text), 8) FROM generate_series(1, 400000) i;
";

#[test]
fn the_image_backs_up_a_real_server_as_nobody_in_64_mib() {
    let docker = Docker::start();
    let image = build(&docker, "backup-postgres");
    says_what_it_is(&docker, &image);

    let database = Postgres::start(15).create_database();
    database.psql(ROWS);
    let store = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(store.path(), Some(USER), Some(USER)).unwrap();
    let made = run(task(&docker, &image, store.path(), &database).arg("backup"));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let verified = run(task(&docker, &image, store.path(), &database).args(["verify", "latest"]));
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let size: u64 = fs::read_dir(store.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size > 1_000_000, "{size} bytes");

    streams_to_s3(&docker, &image, &database);
    says_when_it_may_not_write(&docker, &image, &database);
    stops_when_told(&docker, &image, &database);
}

/// In the same 64 MiB, encrypted, with no volume that could be written.
fn streams_to_s3(docker: &Docker, image: &str, database: &Database) {
    let (server, nothing) = (S3::moto(), tempfile::tempdir().unwrap());
    server.create_bucket("image");
    let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    let more: Vec<_> = server
        .environment()
        .into_iter()
        .chain([("BACKUP_STORE", "s3://image/shop".to_owned()), ("ENCRYPT_TO", key.to_owned())])
        .collect();
    let mut command = named("nightshift-s3", docker, image, nothing.path(), database, &more);
    let made = run(command.arg("backup"));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let size = server.object("image", &server.keys("image", "shop/")[0]).len();
    assert!(size > 6 << 20, "{size} bytes are not several parts");
}

/// Root's, and 65532 may only look.
fn says_when_it_may_not_write(docker: &Docker, image: &str, database: &Database) {
    let store = tempfile::tempdir().unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o755)).unwrap();
    let refused = run(task(docker, image, store.path(), database).arg("backup"));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("/backup"), "{}", refused.stderr);
    assert!(refused.stderr.to_lowercase().contains("permission denied"), "{}", refused.stderr);
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
}

/// Process 1 of a container ignores every signal it has no handler for.
fn stops_when_told(docker: &Docker, image: &str, database: &Database) {
    let store = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(store.path(), Some(USER), Some(USER)).unwrap();
    let name = "nightshift-stop";
    let mut waiting = named(name, docker, image, store.path(), database, &[]);
    // Nobody listens there: it tries for a minute.
    waiting.args(["backup", "--port", "1", "--wait", "60s"]);
    let mut waiting = waiting.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let running = || {
        let state = ["inspect", "--format", "{{.State.Running}}", name];
        run(docker.command().args(state)).stdout.trim() == "true"
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while !running() {
        assert!(Instant::now() < deadline, "the container does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = Instant::now();
    run(docker.command().args(["stop", "--time", "20", name])).ok();
    assert!(told.elapsed() < Duration::from_secs(8), "it took {:?}", told.elapsed());
    assert_eq!(waiting.wait().unwrap().code(), Some(143));
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
}

fn build(docker: &Docker, task: &str) -> String {
    let mut build = Command::new(root().join("scripts/build-images"));
    let said = run(build.arg(task).env("DOCKER_HOST", docker.host()).env_remove("REGISTRY")).ok();
    said.lines().last().unwrap().to_owned()
}

fn says_what_it_is(docker: &Docker, image: &str) {
    let inspect = |format: &str| {
        let arguments = ["image", "inspect", "--format", format, image];
        run(docker.command().args(arguments)).ok().trim().to_owned()
    };
    assert_eq!(inspect("{{.Config.User}}"), "65532:65532");
    assert_eq!(inspect("{{json .Config.Entrypoint}}"), r#"["/task"]"#);
    let label = |name: &str| {
        inspect(&format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}"))
    };
    assert_eq!(label("title"), "backup-postgres");
    assert_eq!(label("licenses"), "Apache-2.0");
    assert_eq!(image.rsplit_once(':').unwrap().1, label("version"));
    assert!(label("revision").len() >= 40, "{}", label("revision"));
    let size: u64 = inspect("{{.Size}}").parse().unwrap();
    assert!(size <= 16_000_000, "{size} bytes");
}

fn task(docker: &Docker, image: &str, store: &Path, database: &Database) -> Command {
    named("nightshift-task", docker, image, store, database, &[])
}

/// `docker run` with all that a hardened pod has.
fn named(
    name: &str,
    docker: &Docker,
    image: &str,
    store: &Path,
    database: &Database,
    more: &[(&str, String)],
) -> Command {
    let mut command = docker.command();
    command.args(["run", "--rm", "--name", name]);
    command.args(["--read-only", "--cap-drop", "ALL", "--network", "host"]);
    command.args([
        "--security-opt",
        "no-new-privileges",
        "--memory",
        "64m",
        "--memory-swap",
        "64m",
    ]);
    command.args(["--user", &USER.to_string()]);
    command.args(["--volume", &format!("{}:/backup", store.display())]);
    for (name, value) in database.environment() {
        // By name: a program without libc's files around it must still find it.
        let value = if value == "127.0.0.1" { "localhost".to_owned() } else { value };
        command.args(["--env", &format!("{name}={value}")]);
    }
    for (name, value) in more {
        command.args(["--env", &format!("{name}={value}")]);
    }
    command.arg(image);
    command
}
