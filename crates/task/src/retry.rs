//! Trying again while a server is away, so that no init container has to wait for it.

use crate::{Error, Exit, Result, Task, show};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;
use tokio::time::Instant;

/// A line for every failed try would bury the log of a server that is away for minutes.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// The first success within `--wait`, else the last error. Only `Exit::Failed` is tried again, and
/// a signal ends it at once. `what` completes the sentence "cannot …", as in
/// `connect to db:5432`.
///
/// One try is not cut short when the time is up: give it a time-out of its own.
pub async fn retry<T>(
    task: &Task,
    what: &str,
    mut attempt: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let mut tries = Tries::new(task, what);
    loop {
        match task.until_stopped(attempt()).await {
            Err(error) => tries.again(error).await?,
            done => return done,
        }
    }
}

/// What [`retry`] does between two tries, for a loop of one's own.
pub struct Tries<'a> {
    task: &'a Task,
    what: &'a str,
    started: Instant,
    /// Counted from the first failure: a try that takes long before it fails is no try less.
    deadline: Option<Instant>,
    pauses: ExponentialBackoff,
    said: Option<Instant>,
    count: u32,
}

impl<'a> Tries<'a> {
    pub fn new(task: &'a Task, what: &'a str) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(5))
            .without_max_times()
            .with_jitter()
            .build();
        let started = Instant::now();
        Self { task, what, started, deadline: None, pauses, said: None, count: 0 }
    }

    /// Waits until it is time to try again after this error; or gives it back, if it is not to be
    /// tried again.
    pub async fn again(&mut self, error: Error) -> Result<()> {
        if error.exit() != Exit::Failed {
            return Err(error);
        }
        self.count += 1;
        let (now, what, tries) = (Instant::now(), self.what, self.count);
        let deadline = *self.deadline.get_or_insert(now + self.task.wait());
        if now >= deadline {
            return Err(give_up(error, what, tries, now - self.started));
        }
        if self.said.is_none_or(|said| now - said >= BETWEEN_LINES) {
            let left = show::duration(deadline - now);
            tracing::warn!(error = format!("{error:#}"), tries, left, "cannot {what} yet");
            self.said = Some(now);
        }
        // The last try is at the deadline itself, whatever the pause would have been.
        let pause = self.pauses.next().unwrap_or(BETWEEN_LINES).min(deadline - now);
        let pausing = async {
            tokio::time::sleep(pause).await;
            Ok(())
        };
        self.task.until_stopped(pausing).await
    }
}

fn give_up(error: Error, what: &str, tries: u32, after: Duration) -> Error {
    if tries == 1 {
        return error;
    }
    let after = show::duration(after);
    Error::failed(format!("cannot {what} after {tries} tries in {after}")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(seconds: u64) -> Task {
        Task::standalone(false, Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn tries_until_it_works() {
        let mut left = 3;
        let task = task(60);
        let found = retry(&task, "connect", async || {
            if left == 0 {
                return Ok("there");
            }
            left -= 1;
            Err(Error::failed("refused"))
        });
        assert_eq!(found.await.unwrap(), "there");
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_when_the_time_is_up_and_not_before() {
        let started = Instant::now();
        let found: Result<()> =
            retry(&task(60), "connect to db", async || Err(Error::failed("refused"))).await;
        let error = found.unwrap_err();
        let took = started.elapsed();
        assert!((60..61).contains(&took.as_secs()), "{took:?}");
        let text = format!("{error:#}");
        assert!(text.starts_with("cannot connect to db after "), "{text}");
        assert!(text.ends_with("tries in 1m 00s: refused"), "{text}");
        assert_eq!(error.exit(), Exit::Failed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_failed_late_is_tried_again() {
        let (mut tries, task) = (0, task(10));
        let found = retry(&task, "upload", async || {
            tries += 1;
            tokio::time::sleep(Duration::from_secs(30)).await;
            if tries == 1 { Err(Error::failed("reset")) } else { Ok("there") }
        });
        assert_eq!(found.await.unwrap(), "there");
    }

    #[tokio::test(start_paused = true)]
    async fn zero_is_one_try_and_its_own_error() {
        let mut tries = 0;
        let found: Result<()> = retry(&task(0), "connect", async || {
            tries += 1;
            Err(Error::failed("refused"))
        })
        .await;
        assert_eq!(format!("{:#}", found.unwrap_err()), "refused");
        assert_eq!(tries, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_retry_helps_is_not_retried() {
        for exit in [Exit::Usage, Exit::Integrity, Exit::Stopped] {
            let mut tries = 0;
            let found: Result<()> = retry(&task(60), "connect", async || {
                tries += 1;
                Err(Error::new(exit, "no"))
            })
            .await;
            assert_eq!((found.unwrap_err().exit(), tries), (exit, 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_ends_a_pause_and_a_try() {
        for hang in [false, true] {
            let task = task(600);
            let stopping = task.stopping().clone();
            let attempt = async || {
                if hang {
                    std::future::pending::<()>().await;
                }
                Err::<(), _>(Error::failed("refused"))
            };
            let started = Instant::now();
            let (found, ()) = tokio::join!(retry(&task, "connect", attempt), async {
                tokio::time::sleep(Duration::from_secs(7)).await;
                stopping.cancel();
            });
            assert_eq!(found.unwrap_err().exit(), Exit::Stopped);
            assert_eq!(started.elapsed().as_secs(), 7);
        }
    }
}
