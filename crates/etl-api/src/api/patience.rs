//! How long to wait before the next request: as agreed to, or as the server says.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use std::time::Duration;
use task::{Error, Result};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Requests, each some time after the one before.
pub(super) struct Pace {
    between: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(rate: Option<f64>) -> Result<Self> {
        let between = match rate {
            None => Duration::ZERO,
            Some(rate) => (rate > 0.0)
                .then(|| Duration::try_from_secs_f64(1.0 / rate).ok())
                .flatten()
                .ok_or_else(|| Error::usage("source.rate is a number of requests a second"))?,
        };
        Ok(Self { between, next: Mutex::new(None) })
    }

    pub(super) async fn wait(&self) -> Result<()> {
        let mut next = self.next.lock().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        *next = Some(Instant::now() + self.between);
        Ok(())
    }
}

/// `Retry-After`: seconds, or a moment by the server's own clock.
pub(super) fn after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let said = text(&RETRY_AFTER)?;
    if let Ok(seconds) = said.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| DateTimeParser::new().parse_timestamp(text).ok();
    let until = moment(said)?;
    let now = text(&DATE).and_then(moment).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(headers: &[(HeaderName, &str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name, value.parse().unwrap());
        }
        after(&map)
    }

    #[test]
    fn a_server_says_how_long_in_two_ways() {
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[(RETRY_AFTER, " 7 ")]), Some(Duration::from_secs(7)));
        let until = (RETRY_AFTER, "Fri, 27 Nov 2026 10:00:30 GMT");
        let now = (DATE, "Fri, 27 Nov 2026 10:00:00 GMT");
        assert_eq!(said(&[until.clone(), now]), Some(Duration::from_secs(30)));
        let past = (DATE, "Fri, 27 Nov 2026 11:00:00 GMT");
        assert_eq!(said(&[until, past]), Some(Duration::ZERO));
        assert_eq!(said(&[(RETRY_AFTER, "soon")]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance() {
        let pace = Pace::new(Some(4.0)).unwrap();
        let started = Instant::now();
        for _ in 0..5 {
            pace.wait().await.unwrap();
        }
        assert_eq!(started.elapsed(), Duration::from_secs(1));
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(Pace::new(Some(rate)).is_err());
        }
    }
}
