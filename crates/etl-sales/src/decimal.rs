//! Decimal numbers as text, exactly as the server counted them: a sum of `numeric` may have more digits than
//! any type of ours, so nothing is calculated here but what is only looked at.

use report::{Change, Trend};

/// A number without an exponent: neither NaN nor infinite.
pub(crate) fn is_finite(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction)
}

/// For people: groups of three, and no zeros behind the second digit of a fraction.
pub(crate) fn shown(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            // Narrow, and no place for a line to break.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    let least = fraction.len().min(2);
    let kept = fraction[least..].trim_end_matches('0').len() + least;
    if kept > 0 {
        grouped.push('.');
        grouped += &fraction[..kept];
    }
    grouped
}

/// About as much: for a chart.
pub(crate) fn about(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// How a number stands to an earlier one, in percent.
pub(crate) fn change(now: &str, before: &str, against: &str) -> Option<Change> {
    let (new, old) = (about(now)?, about(before)?);
    let percent = (new - old) / old.abs() * 100.0;
    if !percent.is_finite() {
        return None;
    }
    let by = format!("{percent:+.1} %").replace('-', "\u{2212}");
    let trend = match by.trim_start_matches(['+', '\u{2212}']) {
        "0.0 %" => Trend::Same,
        _ if percent > 0.0 => Trend::Up,
        _ => Trend::Down,
    };
    let by = if trend == Trend::Same { "±0 %".to_owned() } else { by };
    Some(Change { trend, by, against: against.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_groups_and_keeps_its_digits() {
        for (text, wanted) in [
            ("0", "0"),
            ("12.5", "12.5"),
            ("1234.50", "1_234.50"),
            ("-1234567.8900", "-1_234_567.89"),
            ("100.000", "100.00"),
            ("0.001", "0.001"),
            ("123456", "123_456"),
            ("123456789012345678901234567890.12", "123_456_789_012_345_678_901_234_567_890.12"),
        ] {
            assert_eq!(shown(text).replace('\u{202f}', "_"), wanted);
        }
    }

    #[test]
    fn what_is_no_number_is_seen() {
        for text in ["0", "-1.5", "12345678901234567890123.4"] {
            assert!(is_finite(text), "{text}");
        }
        for text in ["NaN", "Infinity", "-Infinity", "", "-", "1e5", "1."] {
            assert!(!is_finite(text), "{text}");
        }
    }

    #[test]
    fn a_change_is_told_where_there_is_one() {
        let by = |now: &str, before: &str| change(now, before, "").map(|one| (one.trend, one.by));
        assert_eq!(by("110", "100.00"), Some((Trend::Up, "+10.0 %".to_owned())));
        assert_eq!(by("50", "100"), Some((Trend::Down, "\u{2212}50.0 %".to_owned())));
        assert_eq!(by("-50", "-100"), Some((Trend::Up, "+50.0 %".to_owned())));
        assert_eq!(by("100.001", "100"), Some((Trend::Same, "±0 %".to_owned())));
        assert_eq!(by("5", "0"), None);
    }
}
