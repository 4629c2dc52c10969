//! Which backups stay and which go. Pure: it looks at a list and a clock, and touches nothing.
//!
//! Only proven backups count: one that was never read back, or whose file is missing or cut,
//! neither fills the floor nor lets another expire. Clocks err: a backup from the future stays and
//! does not count either, so that it cannot push others out.

use crate::catalog::Backup;
use crate::settings::KeepSettings;
use jiff::civil::Date;
use jiff::{SignedDuration, Zoned};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Clocks of several machines differ by less than this.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Why a backup stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Last,
    Days,
    Daily,
    Weekly,
    Monthly,
    Yearly,
    /// Its time is yet to come.
    Future,
    /// Not proven, and so it goes only once the floor of proven ones is full.
    Unproven,
    /// No new one came for too long: then the old ones are all there is.
    Stale,
    /// One that stays builds on it.
    Needed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Last => "one of the last",
            Self::Days => "young enough",
            Self::Daily => "its day's",
            Self::Weekly => "its week's",
            Self::Monthly => "its month's",
            Self::Yearly => "its year's",
            Self::Future => "from the future: check the clock",
            Self::Unproven => "not proven, and too few are",
            Self::Needed => "one that stays builds on it",
            Self::Stale => "no new one came: all stay",
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub keep: Vec<(Backup, Reason)>,
    pub delete: Vec<Backup>,
}

/// Decides for each kind and name on its own. Days, weeks, months and years are those of `now`'s
/// time zone.
pub fn plan(backups: &[Backup], now: &Zoned, settings: &KeepSettings) -> Plan {
    let mut groups: BTreeMap<(&str, &str), Vec<&Backup>> = BTreeMap::new();
    for backup in backups {
        let summary = &backup.summary;
        groups.entry((&summary.kind, &summary.name)).or_default().push(backup);
    }
    let mut plan = Plan::default();
    for mut group in groups.into_values() {
        let newest_first = |backup: &&Backup| {
            std::cmp::Reverse((backup.summary.started, backup.summary.artifact.file.clone()))
        };
        group.sort_by_key(newest_first);
        let mut counters = Counters::new(settings);
        let floor = settings.floor();
        let proven = group.iter().filter(|backup| counts(backup, now)).count();
        for backup in group {
            let started = backup.summary.started;
            let reason = if future(backup, now) {
                Some(Reason::Future)
            } else if backup.proven() {
                let date = started.to_zoned(now.time_zone().clone()).date();
                // Every rule sees every backup, or one would keep what another has kept already.
                let periodic = counters.take(date);
                if counters.last(floor) {
                    Some(Reason::Last)
                } else if young(backup, now, settings) {
                    Some(Reason::Days)
                } else {
                    periodic
                }
            } else if young(backup, now, settings) {
                Some(Reason::Days)
            } else {
                (proven < floor).then_some(Reason::Unproven)
            };
            match reason {
                Some(reason) => plan.keep.push((backup.clone(), reason)),
                None => plan.delete.push(backup.clone()),
            }
        }
    }
    keep_chains(&mut plan);
    plan
}

/// A backup that stays keeps all that it builds on, whatever their age and state.
fn keep_chains(plan: &mut Plan) {
    let parent = |backup: &Backup| backup.summary.parent.clone();
    let mut needed: Vec<String> =
        plan.keep.iter().filter_map(|(backup, _)| parent(backup)).collect();
    while let Some(file) = needed.pop() {
        let found = plan.delete.iter().position(|one| one.summary.artifact.file == file);
        if let Some(place) = found {
            let backup = plan.delete.remove(place);
            needed.extend(parent(&backup));
            plan.keep.push((backup, Reason::Needed));
        }
    }
}

/// The newest that is proven; one from the future tells nothing.
pub fn newest<'a>(
    backups: impl IntoIterator<Item = &'a Backup>,
    now: &Zoned,
) -> Option<&'a Backup> {
    let proven = backups.into_iter().filter(|backup| counts(backup, now));
    proven.max_by_key(|backup| backup.summary.started)
}

fn future(backup: &Backup, now: &Zoned) -> bool {
    now.timestamp().duration_until(backup.summary.started) > SKEW
}

fn counts(backup: &Backup, now: &Zoned) -> bool {
    backup.proven() && !future(backup, now)
}

fn young(backup: &Backup, now: &Zoned, settings: &KeepSettings) -> bool {
    let age = backup.summary.started.duration_until(now.timestamp());
    age < SignedDuration::from_hours(24 * i64::from(settings.keep_days))
}

/// How many are kept of each rule so far.
struct Counters {
    last: usize,
    periods: [Period; 4],
}

/// A rule by the calendar: the newest of a period stands for it.
struct Period {
    reason: Reason,
    most: u32,
    of: fn(Date) -> (i16, i16),
    seen: BTreeSet<(i16, i16)>,
}

impl Counters {
    fn new(settings: &KeepSettings) -> Self {
        let week = |date: Date| {
            let week = date.iso_week_date();
            (week.year(), week.week().into())
        };
        let period = |reason, most, of| Period { reason, most, of, seen: BTreeSet::new() };
        Self {
            last: 0,
            periods: [
                period(Reason::Daily, settings.keep_daily, |date| {
                    (date.year(), date.day_of_year())
                }),
                period(Reason::Weekly, settings.keep_weekly, week),
                period(Reason::Monthly, settings.keep_monthly, |date| {
                    (date.year(), date.month().into())
                }),
                period(Reason::Yearly, settings.keep_yearly, |date| (date.year(), 0)),
            ],
        }
    }

    fn last(&mut self, floor: usize) -> bool {
        self.last += 1;
        self.last <= floor
    }

    fn take(&mut self, date: Date) -> Option<Reason> {
        let mut kept = None;
        for period in &mut self.periods {
            if period.seen.len() < period.most as usize && period.seen.insert((period.of)(date)) {
                kept = kept.or(Some(period.reason));
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests;
