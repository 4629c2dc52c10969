//! How far a long step is.

use crate::show;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior};

/// Log lines and bars share the terminal, so whoever writes there asks here.
pub(crate) static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

const PERIOD: Duration = Duration::from_secs(10);

/// Ends when the last clone is dropped.
#[derive(Clone)]
pub struct Progress(Arc<Shown>);

enum Shown {
    Bar(ProgressBar),
    Lines { done: Arc<AtomicU64>, ticker: Option<AbortHandle> },
}

impl Progress {
    pub(crate) fn new(what: &str, total: Option<u64>, bar: bool) -> Self {
        Self(Arc::new(if bar { Self::bar(what, total) } else { Self::lines(what, total) }))
    }

    pub fn add(&self, bytes: u64) {
        match &*self.0 {
            Shown::Bar(bar) => bar.inc(bytes),
            Shown::Lines { done, .. } => {
                done.fetch_add(bytes, Ordering::Relaxed);
            }
        }
    }

    fn bar(what: &str, total: Option<u64>) -> Shown {
        let template = match total {
            Some(_) => {
                "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}"
            }
            None => "{msg} {spinner} {binary_bytes} {binary_bytes_per_sec}",
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let bar = BARS.add(bar).with_style(style).with_message(what.to_owned());
        bar.tick();
        Shown::Bar(bar)
    }

    fn lines(what: &str, total: Option<u64>) -> Shown {
        let done = Arc::new(AtomicU64::new(0));
        // A timer, not a look at the clock in `add`: a step that stands still must show it.
        let ticker = Handle::try_current().ok().map(|runtime| {
            runtime.spawn(tick(what.to_owned(), total, done.clone())).abort_handle()
        });
        Shown::Lines { done, ticker }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines { ticker, .. } => {
                if let Some(ticker) = ticker {
                    ticker.abort();
                }
            }
        }
    }
}

async fn tick(what: String, total: Option<u64>, done: Arc<AtomicU64>) {
    let mut ticks = tokio::time::interval_at(Instant::now() + PERIOD, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = 0;
    loop {
        ticks.tick().await;
        let now = done.load(Ordering::Relaxed);
        tracing::info!("{}", line(&what, now, total, (now - before) / PERIOD.as_secs()));
        before = now;
    }
}

fn line(what: &str, done: u64, total: Option<u64>, per_second: u64) -> String {
    let of = match total {
        // An estimate may be too low, and 103 % helps nobody.
        Some(total) if total > done => {
            let percent = u128::from(done) * 100 / u128::from(total);
            format!(" of {} ({percent} %)", show::bytes(total))
        }
        _ => String::new(),
    };
    format!("{what}: {}{of}, {}/s", show::bytes(done), show::bytes(per_second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::Mutex;

    #[test]
    fn a_line_says_how_much_of_what_and_how_fast() {
        assert_eq!(line("dump", 512, Some(2048), 51), "dump: 512 B of 2.0 KiB (25 %), 51 B/s");
        assert_eq!(line("dump", 2048, Some(2000), 0), "dump: 2.0 KiB, 0 B/s");
        assert_eq!(line("dump", 2048, None, 1024), "dump: 2.0 KiB, 1.0 KiB/s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_every_ten_seconds_until_the_last_clone_is_gone() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer({
            let log = log.clone();
            move || log.clone()
        });
        let _guard = tracing::subscriber::set_default(subscriber.finish());
        let progress = Progress::new("copy", None, false);
        let clone = progress.clone();
        progress.add(5000);
        tokio::time::sleep(Duration::from_secs(25)).await;
        drop(progress);
        clone.add(1);
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(clone);
        tokio::time::sleep(Duration::from_secs(100)).await;
        let log = log.0.lock().unwrap().clone();
        let lines: Vec<_> = std::str::from_utf8(&log).unwrap().lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].ends_with("copy: 4.9 KiB, 500 B/s"), "{lines:?}");
        assert!(lines[1].ends_with("copy: 4.9 KiB, 0 B/s"), "{lines:?}");
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
