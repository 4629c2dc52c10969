//! Durations as people write them: `90s`, `5m`, `1h 30m`, or a bare number of seconds.

use jiff::SignedDuration;
use std::time::Duration;

/// A value parser for clap.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let said = || "write it like 90s, 5m or 1h 30m".to_owned();
    let duration: SignedDuration = text.parse().map_err(|_| said())?;
    Duration::try_from(duration).map_err(|_| said())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let seconds = |text| parse(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("0"), Ok(0.0));
        assert_eq!(seconds("90"), Ok(90.0));
        assert_eq!(seconds("60s"), Ok(60.0));
        assert_eq!(seconds("5m"), Ok(300.0));
        assert_eq!(seconds("1h 30m"), Ok(5400.0));
        assert_eq!(seconds("500ms"), Ok(0.5));
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "soon", "-5s", "5 parsecs", "1.5.2s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
