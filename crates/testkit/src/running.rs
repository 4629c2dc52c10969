//! A program while it runs, to be signalled at a moment of the test's choice.

use crate::Ran;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// Killed when dropped. What it says goes into files, so that no full pipe stops it.
pub struct Running {
    child: Child,
    line: String,
    started: Instant,
    stdout: NamedTempFile,
    stderr: NamedTempFile,
}

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(2);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let line = format!("{command:?}");
        let file = || NamedTempFile::new().expect("a temporary file");
        let end = |file: &NamedTempFile| -> File { file.reopen().expect("it is there") };
        let (stdout, stderr) = (file(), file());
        command.stdin(Stdio::null()).stdout(end(&stdout)).stderr(end(&stderr));
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot run {line}: {error}"));
        Self { child, line, started: Instant::now(), stdout, stderr }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until this long after its start; false if it has ended before.
    pub fn reaches(&mut self, moment: Duration) -> bool {
        while self.started.elapsed() < moment {
            if self.has_ended() {
                return false;
            }
            let left = moment.saturating_sub(self.started.elapsed());
            std::thread::sleep(left.min(LOOK));
        }
        !self.has_ended()
    }

    /// Lets it run so long; false if it has ended before.
    pub fn runs_for(&mut self, time: Duration) -> bool {
        self.reaches(self.started.elapsed() + time)
    }

    /// Stands still until [`Running::resume`], so that the test can look at leisure.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Waits for something to happen while it runs; false if it has ended before.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut happened: impl FnMut() -> bool) -> bool {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !happened() {
            if self.has_ended() {
                return false;
            }
            assert!(Instant::now() < deadline, "no {what} in a minute:\n{}", self.stderr());
            std::thread::sleep(LOOK);
        }
        true
    }

    /// Waits for a text on its stderr.
    #[track_caller]
    pub fn says(&mut self, text: &str) {
        let stderr = self.stderr.path().to_owned();
        let said = || std::fs::read_to_string(&stderr).is_ok_and(|all| all.contains(text));
        let alive = self.until(text, said);
        assert!(alive || said(), "it never said {text:?}:\n{}", self.stderr());
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.stderr.path()).unwrap_or_default()
    }

    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process");
        // It is our child and not waited for yet: no other process can have its id.
        let _ = kill_process(id, signal);
    }

    /// Its end, or a panic if it takes longer than this.
    #[track_caller]
    pub fn ends_within(mut self, limit: Duration) -> Ran {
        let deadline = Instant::now() + limit;
        while !self.has_ended() {
            assert!(
                Instant::now() < deadline,
                "{} still runs after {limit:?}:\n{}",
                self.line,
                self.stderr()
            );
            std::thread::sleep(LOOK);
        }
        let read = |file: &NamedTempFile| std::fs::read(file.path()).expect("it is there");
        let status = self.child.wait().expect("our child");
        let output = Output { status, stdout: read(&self.stdout), stderr: read(&self.stderr) };
        Ran::of(self.line.clone(), &output)
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("our child").is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One moment at random in each of `count` equal parts of the whole, so that no phase is missed.
pub fn moments(seed: u64, count: u32, whole: Duration) -> Vec<Duration> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count)
        .map(|part| whole.mul_f64((f64::from(part) + random.f64()) / f64::from(count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spread_over_the_whole_and_repeat_with_the_seed() {
        let whole = Duration::from_secs(10);
        let found = moments(7, 10, whole);
        assert!(
            found.iter().enumerate().all(|(part, at)| at.as_secs() == part as u64),
            "{found:?}"
        );
        assert_eq!(found, moments(7, 10, whole));
        assert_ne!(found, moments(8, 10, whole));
    }

    #[test]
    fn what_runs_can_be_heard_and_stopped() {
        let mut sleeper = Running::start(Command::new("sh").args(["-c", "echo up >&2; sleep 100"]));
        sleeper.says("up");
        assert!(sleeper.reaches(Duration::from_millis(20)));
        sleeper.terminate();
        assert_eq!(sleeper.ends_within(Duration::from_secs(10)).code, 143);
    }

    #[test]
    fn an_end_is_noticed_before_the_moment() {
        let mut short = Running::start(Command::new("sh").args(["-c", "exit 3"]));
        assert!(!short.reaches(Duration::from_mins(1)));
        assert_eq!(short.ends_within(Duration::from_secs(10)).code, 3);
    }
}
