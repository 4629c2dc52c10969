use super::*;
use crate::catalog::Summary;
use crate::codec::Codec;
use crate::manifest::Artifact;
use crate::name::Name;
use jiff::Timestamp;

fn backup(name: &str, started: Timestamp, verified: bool, damaged: bool) -> Backup {
    let file = Name::new("postgres", name, started, "sql").unwrap().file(Codec::default());
    Backup {
        summary: Summary {
            kind: "postgres".into(),
            name: name.into(),
            started,
            finished: started,
            tool: String::new(),
            server: None,
            artifact: Artifact {
                file,
                size: 1,
                sha256: String::new(),
                codec: Codec::default(),
                raw_size: 1,
                recipients: Vec::new(),
                compressed_size: None,
            },
            parent: None,
            verified,
            contents: 0,
            rows: 0,
        },
        problem: damaged.then(|| "missing".to_owned()),
    }
}

fn days_ago(days: i64) -> Timestamp {
    now().timestamp() - SignedDuration::from_hours(24 * days)
}

fn now() -> Zoned {
    "2026-11-20T02:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

fn settings(keep_days: u32, keep_last: u32) -> KeepSettings {
    KeepSettings {
        keep_days,
        keep_last,
        keep_daily: 0,
        keep_weekly: 0,
        keep_monthly: 0,
        keep_yearly: 0,
    }
}

/// The ages in days of what stays, newest first.
fn kept(plan: &Plan) -> Vec<(i64, Reason)> {
    let age = |backup: &Backup| {
        backup.summary.started.duration_until(now().timestamp()).as_hours().div_euclid(24)
    };
    plan.keep.iter().map(|(backup, reason)| (age(backup), *reason)).collect()
}

#[test]
fn what_is_younger_than_the_limit_stays() {
    let all: Vec<_> = (0..60).map(|day| backup("shop", days_ago(day), true, false)).collect();
    let plan = plan(&all, &now(), &settings(30, 3));
    assert_eq!((plan.keep.len(), plan.delete.len()), (30, 30));
    assert_eq!(kept(&plan).last(), Some(&(29, Reason::Days)));
}

#[test]
fn keeps_the_newest_when_all_are_expired() {
    let all: Vec<_> = (100..110).map(|day| backup("shop", days_ago(day), true, false)).collect();
    let ages: Vec<_> = kept(&plan(&all, &now(), &settings(30, 3)));
    assert_eq!(ages, [(100, Reason::Last), (101, Reason::Last), (102, Reason::Last)]);
    assert_eq!(kept(&plan(&all, &now(), &settings(0, 0))), [(100, Reason::Last)]);
}

#[test]
fn what_is_not_proven_does_not_fill_the_floor() {
    let mut all: Vec<_> = (1..5).map(|day| backup("shop", days_ago(day), false, false)).collect();
    all.extend((5..9).map(|day| backup("shop", days_ago(day), true, true)));
    all.push(backup("shop", days_ago(40), true, false));
    all.push(backup("shop", days_ago(41), true, false));
    all.push(backup("shop", days_ago(42), false, false));
    let two = plan(&all, &now(), &settings(2, 2));
    assert_eq!(kept(&two), [(1, Reason::Days), (40, Reason::Last), (41, Reason::Last)]);
    // While proven ones are too few, nothing goes.
    assert!(plan(&all, &now(), &settings(2, 3)).delete.is_empty());
}

#[test]
fn a_backup_from_the_future_stays_and_lets_none_expire() {
    let all = [
        backup("shop", days_ago(-3), true, false),
        backup("shop", days_ago(-400), true, false),
        backup("shop", days_ago(50), true, false),
        backup("shop", days_ago(51), true, false),
    ];
    let plan = plan(&all, &now(), &settings(30, 1));
    assert_eq!(kept(&plan), [(-400, Reason::Future), (-3, Reason::Future), (50, Reason::Last)]);
    assert_eq!(plan.delete.len(), 1);
}

#[test]
fn each_name_is_decided_on_its_own() {
    let all: Vec<_> = ["shop", "shop-eu"]
        .iter()
        .flat_map(|name| (50..53).map(|day| backup(name, days_ago(day), true, false)))
        .collect();
    let plan = plan(&all, &now(), &settings(30, 1));
    assert_eq!(kept(&plan), [(50, Reason::Last), (50, Reason::Last)]);
}

#[test]
fn periods_are_those_of_the_calendar_in_the_zone_given() {
    // 23:30 UTC is the next day in Berlin.
    let at = |text: &str| backup("shop", text.parse().unwrap(), true, false);
    let all = [
        at("2026-11-19T22:00:00Z"),
        at("2026-11-18T23:30:00Z"),
        at("2026-11-18T12:00:00Z"),
        at("2026-10-31T12:00:00Z"),
        at("2025-12-31T23:30:00Z"),
        at("2025-12-31T12:00:00Z"),
    ];
    let with = |change: fn(&mut KeepSettings)| {
        let mut settings = settings(0, 1);
        change(&mut settings);
        let plan = plan(&all, &now(), &settings);
        plan.keep.iter().map(|(b, _)| b.summary.started.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        with(|s| s.keep_daily = 2),
        ["2026-11-19T22:00:00Z", "2026-11-18T12:00:00Z"],
        "23:30 belongs to the 19th, which has a newer one"
    );
    assert_eq!(
        with(|s| s.keep_monthly = 3),
        ["2026-11-19T22:00:00Z", "2026-10-31T12:00:00Z", "2025-12-31T23:30:00Z"]
    );
    assert_eq!(with(|s| s.keep_yearly = 9), ["2026-11-19T22:00:00Z", "2025-12-31T12:00:00Z"]);
    assert_eq!(with(|s| s.keep_weekly = 2), ["2026-11-19T22:00:00Z", "2026-10-31T12:00:00Z"]);
}

/// A small generator with a seed: the same lists in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn number(&mut self, limit: u32) -> u32 {
        u32::try_from(self.below(limit.into())).unwrap()
    }
}

#[test]
fn whatever_the_list_the_floor_holds_and_a_second_run_changes_nothing() {
    let mut chance = Chance(20_261_120);
    for round in 0..3000 {
        let settings = KeepSettings {
            keep_days: chance.number(60),
            keep_last: chance.number(5),
            keep_daily: chance.number(4),
            keep_weekly: chance.number(4),
            keep_monthly: chance.number(4),
            keep_yearly: chance.number(3),
        };
        let count = chance.below(40);
        let all: Vec<Backup> = (0..count)
            .map(|_| {
                let name = ["shop", "shop-eu"][usize::try_from(chance.below(2)).unwrap()];
                let hours = i64::try_from(chance.below(24 * 200)).unwrap() - 24 * 5;
                let started = now().timestamp() - SignedDuration::from_hours(hours);
                backup(name, started, chance.below(4) > 0, chance.below(6) == 0)
            })
            .collect();
        let plan = plan(&all, &now(), &settings);

        assert_eq!(plan.keep.len() + plan.delete.len(), all.len(), "round {round}");
        assert!(plan.delete.iter().all(|backup| all.contains(backup)));
        for name in ["shop", "shop-eu"] {
            let of = |backup: &&Backup| backup.summary.name == name && counts(backup, &now());
            let proven = all.iter().filter(of).count();
            let staying: Vec<_> = plan.keep.iter().map(|(backup, _)| backup).filter(of).collect();
            assert!(staying.len() >= proven.min(settings.floor()), "round {round}");
            let newest = all.iter().filter(of).map(|backup| backup.summary.started).max();
            assert_eq!(staying.iter().map(|backup| backup.summary.started).max(), newest);
        }
        for gone in &plan.delete {
            assert!(!young(gone, &now(), &settings) && !future(gone, &now()), "round {round}");
        }
        let left: Vec<Backup> = plan.keep.into_iter().map(|(backup, _)| backup).collect();
        assert!(super::plan(&left, &now(), &settings).delete.is_empty(), "round {round}");
    }
}

#[test]
fn whatever_the_chains_none_is_broken() {
    let mut chance = Chance(7);
    for round in 0..2000 {
        let settings = KeepSettings {
            keep_daily: chance.number(5),
            ..settings(chance.number(20), chance.number(4))
        };
        let mut all: Vec<Backup> = Vec::new();
        for day in (0..30).rev() {
            let mut one = backup("shop", days_ago(day), chance.below(5) > 0, chance.below(8) == 0);
            // Mostly on the one before, sometimes on an older one, sometimes a full one.
            one.summary.parent = match chance.below(5) {
                0 => None,
                1 => all.get(usize::try_from(chance.below(30)).unwrap()),
                _ => all.last(),
            }
            .map(|parent| parent.summary.artifact.file.clone());
            all.push(one);
        }
        let plan = plan(&all, &now(), &settings);
        assert_eq!(plan.keep.len() + plan.delete.len(), all.len(), "round {round}");
        let file = |backup: &Backup| backup.summary.artifact.file.clone();
        let kept: BTreeSet<_> = plan.keep.iter().map(|(backup, _)| file(backup)).collect();
        for (backup, reason) in &plan.keep {
            let parent = backup.summary.parent.as_ref();
            assert!(
                parent.is_none_or(|parent| kept.contains(parent)),
                "round {round}: {}",
                file(backup)
            );
            let child = plan.keep.iter().any(|(one, _)| one.summary.parent == Some(file(backup)));
            assert!(*reason != Reason::Needed || child, "round {round}: {}", file(backup));
        }
        // Children go before what they build on, so that a run that is killed leaves no child alone.
        for (place, gone) in plan.delete.iter().enumerate() {
            let later = &plan.delete[place..];
            assert!(
                later.iter().all(|one| one.summary.parent != Some(file(gone))),
                "round {round}"
            );
        }
    }
}
