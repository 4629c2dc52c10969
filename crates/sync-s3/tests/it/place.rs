//! Where a test runs: one server of each kind for all tests, a bucket and a folder for each.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use testkit::{Ran, S3, run};

// They end with this process: statics are never dropped, but the servers notice that it is gone.
static VERSITY: LazyLock<S3> = LazyLock::new(S3::versity);
static MOTO: LazyLock<S3> = LazyLock::new(S3::moto);

pub(crate) struct Place {
    pub(crate) server: &'static S3,
    pub(crate) bucket: String,
    pub(crate) folder: TempDir,
}

/// The files of a tree: name and content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl Place {
    pub(crate) fn versity() -> Self {
        Self::new(&VERSITY)
    }

    pub(crate) fn moto() -> Self {
        Self::new(&MOTO)
    }

    fn new(server: &'static S3) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let bucket = format!("test-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        server.create_bucket(&bucket);
        Self { server, bucket, folder: TempDir::new().unwrap() }
    }

    pub(crate) fn url(&self, prefix: &str) -> String {
        format!("s3://{}/{prefix}", self.bucket)
    }

    /// A folder of the test's own.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sync-s3"));
        command.env_clear().envs(self.server.environment()).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// Done, and its report.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> Value {
        report(&self.run(arguments_json(arguments).as_slice()).ok())
    }

    /// As the aws command sees what lies under a prefix.
    pub(crate) fn seen(&self, prefix: &str) -> Files {
        let folder = TempDir::new().unwrap();
        let mut copy = self.server.aws();
        copy.args(["s3", "cp", "--recursive", "--only-show-errors", &self.url(prefix)])
            .arg(folder.path());
        run(&mut copy).ok();
        read(folder.path())
    }

    /// Puts a tree with the aws command.
    pub(crate) fn put(&self, prefix: &str, files: &[(&str, &[u8])]) {
        let folder = TempDir::new().unwrap();
        write(folder.path(), files);
        let mut copy = self.server.aws();
        copy.args(["s3", "cp", "--recursive", "--only-show-errors"])
            .arg(folder.path())
            .arg(self.url(prefix));
        let mut ran = run(&mut copy);
        // On a busy machine that command and versitygw do not always understand each other.
        for _ in 0..3 {
            if !ran.stderr.contains("parsing the HTTP request") {
                break;
            }
            ran = run(&mut copy);
        }
        ran.ok();
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.server.keys(&self.bucket, prefix)
    }
}

pub(crate) fn arguments_json<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--output", "json"]].concat()
}

pub(crate) fn report(stdout: &str) -> Value {
    serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// As written a while ago: S3 knows whole seconds only, and would seem to be older than what was
/// written in this one.
pub(crate) fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_mins(5)).unwrap();
    }
}

/// All plain files below a folder.
pub(crate) fn read(folder: &Path) -> Files {
    fn walk(folder: &Path, prefix: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), files);
            } else if entry.file_type().unwrap().is_file() {
                files.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut files = Files::new();
    walk(folder, "", &mut files);
    files
}

/// Bytes that cannot be mistaken for others.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
}

/// A tree with small files in folders, names that are easy to get wrong, and a large file.
pub(crate) fn sample(folder: &Path, large: usize) -> Files {
    let names = [
        "a",
        "a-b",
        "a.b",
        "b/c",
        "b.c",
        "b-c/d",
        "b/e f+g%20h&i=j.txt",
        "ümläut/ß 日本.sql.gz",
        "quote'\"<>.txt",
        "deep/er/and/deeper/x",
        "empty",
        "zz/.hidden",
        "b/[x]*?",
        "~",
        "😀/😀",
    ];
    for (seed, name) in names.iter().enumerate() {
        let length = if *name == "empty" { 0 } else { 100 + 37 * seed };
        write(folder, &[(name, &noise(seed as u64, length))]);
    }
    for number in 0..40 {
        let name = format!("many/{number:03}.txt");
        write(folder, &[(&name, &noise(number, 300))]);
    }
    write(folder, &[("large.bin", &noise(99, large))]);
    read(folder)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The same tests on both servers.
macro_rules! on_servers {
    ($($test:ident)*) => {
        $crate::place::on_servers!(@in versity $($test)*);
        $crate::place::on_servers!(@in moto $($test)*);
    };
    (@in $server:ident $($test:ident)*) => {
        mod $server {
            $(
                #[test]
                fn $test() {
                    super::$test(&$crate::place::Place::$server());
                }
            )*
        }
    };
}

pub(crate) use on_servers;
