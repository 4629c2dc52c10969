//! Sizes and durations as people read them.

use std::time::Duration;

/// `1.2 GiB`
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // What would be shown as 1024.0 of one unit is 1.0 of the next.
        if size < 1023.95 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    format!("{size:.1} {unit}")
}

/// `3m 12s`
pub fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms < 1000 {
        return format!("{ms}ms");
    }
    if ms < 59_950 {
        return format!("{:.1}s", duration.as_secs_f64());
    }
    let seconds = (ms + 500) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_change_unit_where_they_would_be_shown_as_1024() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (1_288_490_189, "1.2 GiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (size, shown) in cases {
            assert_eq!(bytes(size), shown);
        }
    }

    #[test]
    fn durations_lose_the_small_when_they_grow() {
        let cases = [
            (0, "0ms"),
            (999, "999ms"),
            (1_340, "1.3s"),
            (59_970, "1m 00s"),
            (192_000, "3m 12s"),
            (3_600_000, "1h 00m"),
            (93_784_000, "26h 03m"),
        ];
        for (ms, shown) in cases {
            assert_eq!(duration(Duration::from_millis(ms)), shown);
        }
    }
}
