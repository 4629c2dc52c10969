//! The image, with a real server.

use crate::image::{Image, writable};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{Database, Postgres, S3, run};

/// More than the memory it gets, so that what is not streamed shows.
const ROWS: &str = "
CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text NOT NULL);
INSERT INTO visit (page) SELECT repeat(md5(i::text), 8) FROM generate_series(1, 400000) i;
";

#[test]
fn the_image_backs_up_a_real_server_as_nobody_in_64_mib() {
    let image = Image::build("backup-postgres");
    let database = Postgres::start(15).create_database();
    database.psql(ROWS);
    let store = writable();
    let made = run(task(&image, store.path(), &database).arg("backup"));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let verified = run(task(&image, store.path(), &database).args(["verify", "latest"]));
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let size: u64 = fs::read_dir(store.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size > 1_000_000, "{size} bytes");

    streams_to_s3(&image, &database);
    says_when_it_may_not_write(&image, &database);
    stops_when_told(&image, &database);
}

/// In the same 64 MiB, encrypted, with no volume that could be written.
fn streams_to_s3(image: &Image, database: &Database) {
    let (server, nothing) = (S3::moto(), tempfile::tempdir().unwrap());
    server.create_bucket("image");
    let key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";
    let more: Vec<_> = server
        .environment()
        .into_iter()
        .chain([("BACKUP_STORE", "s3://image/shop".to_owned()), ("ENCRYPT_TO", key.to_owned())])
        .collect();
    let mut command = named("nightshift-s3", image, nothing.path(), database, &more);
    let made = run(command.arg("backup"));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let size = server.object("image", &server.keys("image", "shop/")[0]).len();
    assert!(size > 6 << 20, "{size} bytes are not several parts");
}

/// Root's, and 65532 may only look.
fn says_when_it_may_not_write(image: &Image, database: &Database) {
    let store = tempfile::tempdir().unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o755)).unwrap();
    let refused = run(task(image, store.path(), database).arg("backup"));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("/backup"), "{}", refused.stderr);
    assert!(refused.stderr.to_lowercase().contains("permission denied"), "{}", refused.stderr);
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
}

/// Process 1 of a container ignores every signal it has no handler for.
fn stops_when_told(image: &Image, database: &Database) {
    let (store, name) = (writable(), "nightshift-stop");
    let mut waiting = named(name, image, store.path(), database, &[]);
    // Nobody listens there: it tries for a minute.
    waiting.args(["backup", "--port", "1", "--wait", "60s"]);
    let mut waiting = waiting.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let running = || {
        let state = ["inspect", "--format", "{{.State.Running}}", name];
        run(image.docker().args(state)).stdout.trim() == "true"
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while !running() {
        assert!(Instant::now() < deadline, "the container does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = Instant::now();
    run(image.docker().args(["stop", "--time", "20", name])).ok();
    assert!(told.elapsed() < Duration::from_secs(8), "it took {:?}", told.elapsed());
    assert_eq!(waiting.wait().unwrap().code(), Some(143));
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
}

fn task(image: &Image, store: &Path, database: &Database) -> Command {
    named("nightshift-task", image, store, database, &[])
}

fn named(
    container: &str,
    image: &Image,
    store: &Path,
    database: &Database,
    more: &[(&str, String)],
) -> Command {
    let mut environment = database.environment();
    for (_, value) in environment.iter_mut().filter(|(_, value)| value == "127.0.0.1") {
        // By name: a program without libc's files around it must still find it.
        "localhost".clone_into(value);
    }
    environment.extend_from_slice(more);
    image.command(container, &[(store, "/backup")], &environment)
}
