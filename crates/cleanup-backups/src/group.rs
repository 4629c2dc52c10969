//! The backups of one kind and name, and how they fare.

use crate::rules::{Rules, Watch};
use backup::catalog::{Backup, Catalog};
use backup::retention::{self, Plan, Reason};
use jiff::Zoned;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use task::show;

pub(crate) struct Group<'a> {
    pub kind: &'a str,
    pub name: &'a str,
    pub backups: Vec<Backup>,
    pub state: State,
    watch: &'a Watch,
}

/// How the newest proven backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Sound,
    /// It is older than this.
    TooOld(Duration),
    /// There is none.
    NoneProven,
}

impl State {
    fn of(backups: &[Backup], watch: &Watch, now: &Zoned) -> Self {
        let Some(newest) = retention::newest(backups, now) else { return Self::NoneProven };
        let age = now.timestamp().duration_since(newest.summary.started);
        match watch.max_age.0 {
            Some(most) if Duration::try_from(age).is_ok_and(|age| age > most) => Self::TooOld(most),
            _ => Self::Sound,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => f.write_str("ok"),
            Self::TooOld(most) => {
                write!(f, "too old: more than {}, so none is removed", show::duration(*most))
            }
            Self::NoneProven => f.write_str("no proven one, so none is removed"),
        }
    }
}

/// All that the rules watch, by kind and name.
pub(crate) fn groups<'a>(catalog: &'a Catalog, rules: &'a Rules, now: &Zoned) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(&str, &str), Vec<Backup>> = BTreeMap::new();
    for backup in &catalog.backups {
        let summary = &backup.summary;
        groups.entry((&summary.kind, &summary.name)).or_default().push(backup.clone());
    }
    let watched = groups.into_iter().filter_map(|((kind, name), backups)| {
        let watch = rules.watch(kind, name)?;
        Some(Group { kind, name, state: State::of(&backups, watch, now), backups, watch })
    });
    watched.collect()
}

impl Group<'_> {
    /// Where no new backup comes, the old ones are all there is: they stay until someone looks.
    pub(crate) fn plan(&self, now: &Zoned) -> Plan {
        if self.state == State::Sound {
            return retention::plan(&self.backups, now, &self.watch.keep);
        }
        let stays = |backup: &Backup| (backup.clone(), Reason::Stale);
        Plan { keep: self.backups.iter().map(stays).collect(), delete: Vec::new() }
    }

    pub(crate) fn newest(&self, now: &Zoned) -> Option<&Backup> {
        retention::newest(&self.backups, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Config;
    use backup::catalog::list;
    use backup::settings::KeepSettings;
    use clap::Parser;
    use jiff::{SignedDuration, Timestamp};
    use storage::Store;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        keep: KeepSettings,
    }

    /// What stays and what goes of backups that are so many days old, with a floor of one.
    async fn planned(days: &[(i64, bool)], max_age: &str) -> (State, usize, usize) {
        let folder = tempfile::tempdir().unwrap();
        for (days, verified) in days {
            write(folder.path(), *days, *verified);
        }
        let store = Store::directory(folder.path()).await.unwrap();
        let catalog = list(&store, &[], None).await.unwrap();
        assert_eq!(catalog.backups.len(), days.len(), "{:?}", catalog.unreadable);
        let keep = Flags::parse_from(["test", "--keep-last=1"]).keep;
        let (max_age, now) = (max_age.parse().unwrap(), Zoned::now());
        let rules = Rules::new(Config::default(), &keep, max_age, Vec::new(), &[]);
        let groups = groups(&catalog, &rules, &now);
        let plan = groups[0].plan(&now);
        (groups[0].state, plan.keep.len(), plan.delete.len())
    }

    fn write(folder: &std::path::Path, days: i64, verified: bool) {
        let started = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let file = format!("x-shop-{}.sql", started.strftime("%Y%m%dT%H%M%SZ"));
        std::fs::write(folder.join(&file), "x").unwrap();
        let manifest = serde_json::json!({
            "format": backup::manifest::FORMAT, "kind": "x", "name": "shop", "started": started,
            "finished": started, "tool": "test", "server": null, "verified": verified,
            "artifact": {
                "file": file, "size": 1, "sha256": "0".repeat(64), "codec": "none", "raw_size": 1
            },
            "contents": [], "chunks": [],
        });
        std::fs::write(folder.join(format!("{file}.manifest.json")), manifest.to_string()).unwrap();
    }

    #[tokio::test]
    async fn nothing_goes_where_no_new_one_comes() {
        let hours = |hours: u64| State::TooOld(Duration::from_secs(hours * 3600));
        let old = [(40, true), (50, true), (60, true)];
        assert_eq!(planned(&old, "off").await, (State::Sound, 1, 2));
        assert_eq!(planned(&old, "26h").await, (hours(26), 3, 0));
        let fresh = [(0, true), (50, true), (60, true)];
        assert_eq!(planned(&fresh, "26h").await, (State::Sound, 1, 2));
    }

    #[tokio::test]
    async fn one_that_is_not_proven_does_not_count_as_new() {
        let unproven = [(0, false), (50, true), (60, true)];
        let (state, keep, delete) = planned(&unproven, "26h").await;
        assert!(matches!(state, State::TooOld(_)), "{state:?}");
        assert_eq!((keep, delete), (3, 0));
        assert_eq!(planned(&[(50, false), (60, false)], "off").await, (State::NoneProven, 2, 0));
    }
}
