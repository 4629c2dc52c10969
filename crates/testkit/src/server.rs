//! One server process: its data directory, its port, and the watchdog that ends it with us.

use crate::{cache, run};
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `nobody`, for PostgreSQL does not run as root.
const UNPRIVILEGED: u32 = 65534;

/// Fast before safe: a test's data need not survive a crash.
const FAST: &str = "\
listen_addresses = '127.0.0.1'
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = '4GB'
log_min_messages = error
log_error_verbosity = verbose
max_connections = 100
shared_buffers = '128MB'
jit = off
";

pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    process: Child,
    /// Ends the server when its stdin closes: when this is dropped, or when this process is gone,
    /// however it ended.
    watchdog: Child,
}

/// Sends SIGQUIT, an immediate shutdown, to the server whose folder is `$1`, waits for its end and
/// removes the folder.
const WATCHDOG: &str = r#"
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid"
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ -e "$1/data/postmaster.pid" ]; do
    sleep 0.05
done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"#;

impl Server {
    /// `settings` are lines of `postgresql.conf`, `hba` is the `pg_hba.conf`, `files` are put into
    /// the data directory.
    pub(crate) fn start(
        major: u32,
        settings: &str,
        hba: Option<&str>,
        files: &[(String, String)],
    ) -> Self {
        let programs = cache::programs(major);
        let (folder, watchdog) = place(major);
        let data = folder.join("data");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8"]);
        initdb.args(["--locale=C.UTF-8", "--no-sync"]).current_dir(&folder);
        run(unprivileged(&mut initdb)).ok();

        let mut lines = File::options()
            .append(true)
            .open(data.join("postgresql.conf"))
            .expect("initdb made postgresql.conf");
        writeln!(lines, "{FAST}unix_socket_directories = '{}'\n{settings}", folder.display())
            .expect("it can be written");
        if let Some(hba) = hba {
            fs::write(data.join("pg_hba.conf"), hba).expect("pg_hba.conf can be written");
        }
        for (name, content) in files {
            let path = data.join(name);
            fs::write(&path, content).expect("a file can be written");
            fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
            hand_over(&path);
        }
        let (process, port) = launch(&programs, &folder);
        Self { folder, port, process, watchdog }
    }

    /// A standby of the server whose data directory this is and which listens at `port`. `settings`
    /// are lines of `postgresql.conf`.
    pub(crate) fn follow(
        major: u32,
        primary: &Path,
        port: u16,
        label: &str,
        settings: &str,
    ) -> Self {
        let (folder, watchdog) = place(major);
        let data = folder.join("data");
        run(unprivileged(Command::new("cp").arg("-a").arg(primary.join("data")).arg(&data))).ok();
        for file in ["postmaster.pid", "postmaster.opts"] {
            let _ = fs::remove_file(data.join(file));
        }
        let mut lines =
            File::options().append(true).open(data.join("postgresql.conf")).expect("it was copied");
        writeln!(
            lines,
            "primary_conninfo = 'host=127.0.0.1 port={port} user=postgres'\n\
             unix_socket_directories = '{}'\n{settings}",
            folder.display()
        )
        .expect("it can be written");
        for (name, content) in [("backup_label", label), ("standby.signal", "")] {
            let path = data.join(name);
            fs::write(&path, content).expect("a file can be written");
            hand_over(&path);
        }
        let (process, port) = launch(&cache::programs(major), &folder);
        Self { folder, port, process, watchdog }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
        let _ = self.process.wait();
    }
}

/// A folder for a server, and the watchdog that removes it.
fn place(major: u32) -> (PathBuf, Child) {
    let folder = tempfile::Builder::new()
        .prefix(&format!("nightshift-postgres-{major}-"))
        .tempdir()
        .expect("a temporary folder")
        .keep();
    hand_over(&folder);
    let watchdog = Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Out of reach of the Ctrl-C that ends the test.
        .process_group(0)
        .spawn()
        .expect("sh runs");
    (folder, watchdog)
}

/// Another process may take the free port before the server does: then another port.
fn launch(programs: &Path, folder: &Path) -> (Child, u16) {
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let log = File::create(folder.join("log")).expect("a log");
        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        command.env("LC_ALL", "C.UTF-8").process_group(0);
        let mut process = unprivileged(&mut command).spawn().expect("postgres runs");
        if wait_until_ready(&mut process, folder) {
            return (process, port);
        }
    }
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    panic!("postgres does not start:\n{log}");
}

/// The last line of `postmaster.pid` says how far the server is.
fn wait_until_ready(process: &mut Child, folder: &Path) -> bool {
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        if process.try_wait().expect("our child").is_some() {
            return false;
        }
        let status = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if status.lines().last().is_some_and(|line| line.trim() == "ready") {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = process.kill();
    let _ = process.wait();
    false
}

fn unprivileged(command: &mut Command) -> &mut Command {
    if cache::is_root() { command.uid(UNPRIVILEGED).gid(UNPRIVILEGED) } else { command }
}

fn hand_over(path: &Path) {
    if cache::is_root() {
        std::os::unix::fs::chown(path, Some(UNPRIVILEGED), Some(UNPRIVILEGED))
            .expect("root may give files away");
    }
}
