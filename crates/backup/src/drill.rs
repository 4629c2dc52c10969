//! The names of the scratch databases of drills, by which the next drill knows what a killed one left.

use jiff::Timestamp;
use std::time::Duration;

/// What the name of a scratch database begins with; the time it was made at and two numbers follow.
pub const PREFIX: &str = "nightshift_drill_";
/// Leftovers older than this belong to no drill that still runs.
const OLD: Duration = Duration::from_hours(24);

/// No longer than any server allows.
pub fn scratch_name(now: Timestamp) -> String {
    let nanos = now.subsec_nanosecond();
    format!("{PREFIX}{}_{}_{nanos:09}", now.as_second(), std::process::id())
}

/// Only what is named exactly as by us is ever dropped.
pub fn is_old(name: &str, now: Timestamp) -> bool {
    let numbers = name.strip_prefix(PREFIX).map(|rest| rest.split('_').map(str::parse::<i64>));
    let Some(Ok(numbers)) = numbers.map(Iterator::collect::<Result<Vec<_>, _>>) else {
        return false;
    };
    let [made, _, _] = numbers[..] else { return false };
    now.as_second().saturating_sub(made) > i64::try_from(OLD.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_names_of_our_own_are_leftovers() {
        let made = Timestamp::from_second(1_800_000_000).unwrap();
        let name = scratch_name(made);
        let day = Timestamp::from_second(1_800_000_000 + 86_400).unwrap();
        let later = Timestamp::from_second(1_800_000_000 + 86_401).unwrap();
        assert!(!is_old(&name, made));
        assert!(!is_old(&name, day));
        assert!(is_old(&name, later));
        for other in ["shop", "nightshift_drill_", "nightshift_drill_1", "nightshift_drill_1_2_x"] {
            assert!(!is_old(other, later), "{other}");
        }
        assert!(name.len() <= 63);
    }
}
