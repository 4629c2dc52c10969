//! What was found and done in one store, as tables for people and as JSON for programs.

use crate::group::{Group, State};
use backup::catalog::{Catalog, age};
use backup::retention::Plan;
use jiff::Zoned;
use serde_json::{Value, json};
use task::{Report, show};

const HEADS: [&str; 6] = ["BACKUPS OF", ">NEWEST", ">STAY", ">GO", ">FREES", "STATE"];

/// `removed` says what came of the plan.
pub(crate) fn report(
    url: &str,
    catalog: &Catalog,
    groups: &[Group],
    plan: &Plan,
    missing: &[String],
    removed: Report,
    now: &Zoned,
) -> Report {
    let counted: Vec<_> = groups.iter().map(|group| Counted::new(group, plan, now)).collect();
    let mut lines: Vec<_> = counted.iter().map(Counted::line).collect();
    for expected in missing {
        let none = || "-".to_owned();
        lines.push([expected.clone(), none(), none(), none(), none(), "missing".to_owned()]);
    }
    let mut table = format!("{url}\n{}", show::table(HEADS, &lines));
    for (manifest, why) in &catalog.unreadable {
        table += &format!("left alone: {manifest}: {why}\n");
    }
    for file in &catalog.orphans {
        table += &format!("left alone: {file}: no manifest, so no backup\n");
    }
    table += &removed.table;
    let unsound = groups.iter().filter(|group| group.state != State::Sound);
    let incomplete = unsound
        .map(|group| format!("{}/{} ({})", group.kind, group.name, group.state))
        .chain(missing.iter().map(|expected| format!("{expected} (missing)")))
        .chain(catalog.unreadable.iter().map(|(file, _)| format!("{file} (unreadable)")))
        .chain(removed.incomplete.iter().map(|file| format!("{file} (not removed)")));
    Report {
        items: removed.items,
        bytes: removed.bytes,
        summary: removed.summary,
        json: json!({
            "store": url,
            "dry_run": removed.json["dry_run"],
            "backups": counted.iter().map(Counted::json).collect::<Vec<_>>(),
            "missing": missing,
            "unreadable": catalog.unreadable.iter()
                .map(|(file, why)| json!({ "file": file, "problem": why }))
                .collect::<Vec<_>>(),
            "orphans": catalog.orphans,
            "removed": removed.json["removed"],
            "kept": removed.json["kept"],
        }),
        table,
        incomplete: incomplete.collect(),
    }
}

/// A group in numbers.
struct Counted<'a> {
    group: &'a Group<'a>,
    newest: Option<(String, i64)>,
    stay: usize,
    go: usize,
    frees: u64,
}

impl<'a> Counted<'a> {
    fn new(group: &'a Group, plan: &Plan, now: &Zoned) -> Self {
        let now_is = now.timestamp();
        let newest = group.newest(now).map(|backup| backup.summary.started);
        let go = plan.delete.iter().map(|backup| &backup.summary);
        let go = go.filter(|summary| (&*summary.kind, &*summary.name) == (group.kind, group.name));
        let (go, frees) = go.fold((0, 0), |(go, frees), one| (go + 1, frees + one.artifact.size));
        Self {
            group,
            newest: newest
                .map(|started| (age(started, now_is), now_is.duration_since(started).as_secs())),
            stay: group.backups.len() - go,
            go,
            frees,
        }
    }

    fn line(&self) -> [String; 6] {
        [
            format!("{}/{}", self.group.kind, self.group.name),
            self.newest.as_ref().map_or("-".to_owned(), |(age, _)| age.clone()),
            self.stay.to_string(),
            self.go.to_string(),
            show::bytes(self.frees),
            self.group.state.to_string(),
        ]
    }

    fn json(&self) -> Value {
        let state = match self.group.state {
            State::Sound => "ok",
            State::TooOld(_) => "too old",
            State::NoneProven => "none proven",
        };
        json!({
            "kind": self.group.kind,
            "name": self.group.name,
            "newest_age_seconds": self.newest.as_ref().map(|newest| newest.1),
            "stay": self.stay,
            "go": self.go,
            "bytes": self.frees,
            "state": state,
        })
    }
}
