//! Trying again while a server is away, so that no init container has to wait for it.

use crate::{Error, Exit, Result, Task, show};
use backon::{BackoffBuilder, ExponentialBuilder};
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
    let started = Instant::now();
    let deadline = started + task.wait();
    let mut pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .with_jitter()
        .build();
    let mut said: Option<Instant> = None;
    let mut tries = 0_u32;
    loop {
        let error = match task.until_stopped(attempt()).await {
            Err(error) if error.exit() == Exit::Failed => error,
            other => return other,
        };
        tries += 1;
        let now = Instant::now();
        if now >= deadline {
            return Err(give_up(error, what, tries, now - started));
        }
        if said.is_none_or(|said| now - said >= BETWEEN_LINES) {
            let left = show::duration(deadline - now);
            tracing::warn!(error = format!("{error:#}"), tries, left, "cannot {what} yet");
            said = Some(now);
        }
        // The last try is at the deadline itself, whatever the pause would have been.
        let pause = pauses.next().unwrap_or(BETWEEN_LINES).min(deadline - now);
        task.until_stopped(async {
            tokio::time::sleep(pause).await;
            Ok(())
        })
        .await?;
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
