//! A server process that ends with the test that started it, however that test ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs `$2…` with its output in `$1/log` until its own stdin closes, which happens when the test
/// drops it or is gone; then SIGTERM, time to obey, SIGKILL, and the folder `$1` is removed.
const KEEPER: &str = r#"
folder=$1
shift
exec 3<&0
"$@" </dev/null >"$folder/log" 2>&1 3<&- &
pid=$!
{
    cat <&3 >/dev/null
    kill "$pid" 2>/dev/null
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 150 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -9 "$pid" 2>/dev/null
} &
wait "$pid"
: >"$folder/ended"
wait
# dockerd leaves a mount behind; without it there are none.
awk -v "below=$folder/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
rm -rf "$folder"
"#;

pub(crate) struct Daemon {
    folder: PathBuf,
    keeper: Child,
}

impl Daemon {
    /// A folder for `start`, removed at the daemon's end.
    pub(crate) fn folder(name: &str) -> PathBuf {
        let prefix = format!("nightshift-{name}-");
        tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary folder").keep()
    }

    pub(crate) fn start(folder: &Path, program: &Path, arguments: &[String]) -> Self {
        use std::os::unix::process::CommandExt;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(folder)
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of reach of the Ctrl-C that ends the test.
            .process_group(0)
            .spawn()
            .expect("sh runs");
        Self { folder: folder.to_owned(), keeper }
    }

    /// Waits until the daemon answers; false when it has ended before.
    pub(crate) fn answers(&self, ask: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline && !self.folder.join("ended").exists() {
            if ask() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
