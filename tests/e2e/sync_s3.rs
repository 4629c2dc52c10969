//! A nightly mirror as it is run: many small files and a large one, by TLS with a private
//! authority, judged by the aws command and by what lies on the disk.

use crate::image::{Image, writable};
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};
use testkit::{Ran, S3, run};
use tests::program;

const SMALL: usize = 20_000;
const LARGE: usize = 1 << 30;

struct Mirror {
    server: S3,
    folder: tempfile::TempDir,
}

impl Mirror {
    fn new(server: S3) -> Self {
        server.create_bucket("mirror");
        Self { server, folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program("sync-s3");
        command.args(arguments).args(["--output", "json"]).envs(self.server.environment());
        command
    }

    fn done(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&run(&mut self.command(arguments)).ok()).unwrap()
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// As the field's own program brings it down.
    fn by_aws(&self, name: &str) -> BTreeMap<String, u64> {
        let target = self.path("by-aws");
        let mut copy = self.server.aws();
        copy.args(["s3", "sync", "--only-show-errors", &format!("s3://mirror/{name}"), &target]);
        run(&mut copy).ok();
        let found = sums(Path::new(&target));
        fs::remove_dir_all(&target).unwrap();
        found
    }
}

/// Files of a few hundred bytes in a hundred folders, a while old.
fn small(folder: &Path, count: usize) {
    let past = SystemTime::now() - Duration::from_hours(1);
    for number in 0..count {
        let path = folder.join(format!("{:02}/file-{number:05}.txt", number % 100));
        if number < 100 {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
        }
        let mut file = File::create(path).unwrap();
        file.write_all(format!("{number} ").repeat(50 + number % 50).as_bytes()).unwrap();
        file.set_modified(past).unwrap();
    }
}

/// Not the same anywhere.
fn large(path: &Path, length: usize) {
    let mut random = fastrand::Rng::with_seed(length as u64);
    let mut block = vec![0; 1 << 20];
    let mut file = File::create(path).unwrap();
    for _ in 0..length >> 20 {
        random.fill(&mut block);
        file.write_all(&block).unwrap();
    }
    file.write_all(b"and no whole part").unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
}

/// Name and checksum of every file.
fn sums(folder: &Path) -> BTreeMap<String, u64> {
    let list = "find . -type f -print0 | xargs -0 cksum";
    let mut command = Command::new("sh");
    command.args(["-c", list]).current_dir(folder);
    let all = run(&mut command).ok();
    all.lines()
        .map(|line| {
            let (sum, rest) = line.split_once(' ').unwrap();
            (rest.to_owned(), sum.parse().unwrap())
        })
        .collect()
}

fn there_and_back(mirror: &Mirror, count: usize) {
    let (source, target) = (mirror.path("source"), mirror.path("target"));
    let wanted = sums(Path::new(&source));
    assert_eq!(wanted.len(), count);
    let url = "s3://mirror/there";
    assert_eq!(mirror.done(&[&source, url])["uploaded"], count);
    assert!(mirror.by_aws("there") == wanted, "aws does not find what was uploaded");
    let again = mirror.done(&[&source, url]);
    assert_eq!((&again["uploaded"], &again["unchanged"]), (&0.into(), &count.into()));
    assert_eq!(mirror.done(&[url, &target])["downloaded"], count);
    assert!(sums(Path::new(&target)) == wanted, "what came back is something else");
    assert_eq!(mirror.done(&[url, &target])["downloaded"], 0);
    assert_eq!(mirror.done(&[url, "s3://mirror/copy"])["copied"], count);
    let listed = mirror.done(&["ls", "--recursive", "s3://mirror/copy"]);
    assert_eq!(listed["count"], count);
    assert_eq!(mirror.server.uploads("mirror"), [""; 0]);
}

#[test]
fn twenty_thousand_files_and_a_gigabyte_go_there_and_back() {
    let mirror = Mirror::new(S3::versity());
    let source = mirror.folder.path().join("source");
    small(&source, SMALL);
    large(&source.join("large.bin"), LARGE);
    there_and_back(&mirror, SMALL + 1);
}

/// A server of another descent, in memory and slow: fewer of them.
#[test]
fn another_server_holds_the_same() {
    let mirror = Mirror::new(S3::moto());
    let source = mirror.folder.path().join("source");
    small(&source, 3000);
    large(&source.join("large.bin"), 40 << 20);
    there_and_back(&mirror, 3001);
}

/// The schedule's own settings: some of the files, and nothing is deleted.
#[test]
fn the_settings_of_the_manifest_do_what_they_say() {
    let mirror = Mirror::new(S3::moto());
    let source = mirror.folder.path().join("source");
    fs::create_dir_all(&source).unwrap();
    for name in ["a.sql.gz", "b.tar.gz", "c.log"] {
        fs::write(source.join(name), name).unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let settings = fs::read_to_string(root.join("manifests/sync-s3/settings.env")).unwrap();
    let mut command = mirror.command(&["sync"]);
    for line in settings.lines() {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value.replace("my-bucket", "mirror"));
    }
    command.env("SYNC_SOURCE", &source);
    let ran: Ran = run(&mut command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let keys = mirror.server.keys("mirror", "");
    assert_eq!(keys, ["kubernetes-backups/a.sql.gz", "kubernetes-backups/b.tar.gz"]);
}

#[test]
fn the_image_copies_a_volume_as_nobody_in_64_mib() {
    let image = Image::build("sync-s3");
    let mirror = Mirror::new(S3::moto());
    let source = mirror.folder.path().join("source");
    small(&source, 2000);
    large(&source.join("large.bin"), 100 << 20);
    fs::set_permissions(mirror.folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut environment = mirror.server.environment();
    environment.push(("SYNC_SOURCE", "/backup".to_owned()));
    environment.push(("SYNC_DEST", "s3://mirror/there".to_owned()));
    let mounts = [(source.as_path(), "/backup:ro")];
    let ran = run(&mut image.command("nightshift-sync", &mounts, &environment));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(mirror.by_aws("there") == sums(&source));

    // And back, to a volume that it may write, and to one that it may not.
    let target = writable();
    environment.push(("SYNC_SOURCE", "s3://mirror/there".to_owned()));
    environment.push(("SYNC_DEST", "/restore".to_owned()));
    let mounts = [(target.path(), "/restore")];
    let ran = run(&mut image.command("nightshift-sync", &mounts, &environment));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(sums(target.path()) == sums(&source));
    let foreign = tempfile::tempdir().unwrap();
    let mounts = [(foreign.path(), "/restore")];
    let ran = run(&mut image.command("nightshift-sync", &mounts, &environment));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
