//! What the drills of all databases have in common: the names of their scratch databases, by which the
//! next drill knows what a killed one left, and that they are dropped whatever happens.

use crate::source::Source;
use jiff::Timestamp;
use std::thread;
use std::time::Duration;
use task::{Report, Result, While};

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
fn is_old(name: &str, now: Timestamp) -> bool {
    let numbers = name.strip_prefix(PREFIX).map(|rest| rest.split('_').map(str::parse::<i64>));
    let Some(Ok(numbers)) = numbers.map(Iterator::collect::<Result<Vec<_>, _>>) else {
        return false;
    };
    let [made, _, _] = numbers[..] else { return false };
    now.as_second().saturating_sub(made) > i64::try_from(OLD.as_secs()).unwrap_or(i64::MAX)
}

/// Drops what killed drills left, of all names that look like theirs. That it cannot is no reason not
/// to drill.
pub async fn sweep(names: Result<Vec<String>>, drop: impl AsyncFn(&str) -> Result<()>) {
    let now = Timestamp::now();
    let names = names.unwrap_or_else(|error| {
        tracing::warn!("{error:#}");
        Vec::new()
    });
    for name in names.iter().filter(|name| is_old(name, now)) {
        match drop(name).await {
            Ok(()) => tracing::info!("dropped {name}, left by an earlier drill"),
            Err(error) => tracing::warn!("{error:#}"),
        }
    }
}

/// The report of the restore, as that of a drill.
pub fn passed(source: &Source, restored: Report) -> Report {
    let file = &source.manifest().artifact.file;
    let summary = format!("{file} passed the drill: {}", restored.summary);
    Report { table: summary.clone(), summary, ..restored }
}

/// What comes of a drill, now that its database is dropped, or is not: a proof that left something
/// behind is no success.
pub fn ended(
    proof: thread::Result<Result<Report>>,
    dropped: Result<()>,
    failed: impl FnOnce() -> String,
) -> Result<Report> {
    match (proof, dropped) {
        (Err(panic), _) => std::panic::resume_unwind(panic),
        (Ok(Err(error)), Err(left)) => {
            tracing::warn!("{left:#}");
            Err(error)
        }
        (Ok(result), dropped) => {
            dropped?;
            result.during(failed)
        }
    }
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
