//! A list as a table for people and as JSON for programs.

use super::{Backup, Catalog};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use task::{Report, show};

const HEADS: [&str; 5] = ["FILE", ">AGE", ">SIZE", ">ROWS", "STATE"];

pub fn report(catalog: &Catalog, now: Timestamp) -> Report {
    let bytes = catalog.backups.iter().map(|backup| backup.summary.artifact.size).sum();
    let mut lines: Vec<_> = catalog.backups.iter().map(|backup| line(backup, now)).collect();
    for (file, why) in &catalog.unreadable {
        lines.push([
            file.clone(),
            "-".into(),
            "-".into(),
            "-".into(),
            format!("unreadable: {why}"),
        ]);
    }
    for file in &catalog.orphans {
        let state = "no manifest: not a backup".to_owned();
        lines.push([file.clone(), "-".into(), "-".into(), "-".into(), state]);
    }
    let damaged = catalog.backups.iter().filter(|backup| backup.problem.is_some());
    let incomplete: Vec<String> = damaged
        .map(|backup| backup.summary.artifact.file.clone())
        .chain(catalog.unreadable.iter().map(|(file, _)| file.clone()))
        .collect();
    Report {
        items: catalog.backups.len() as u64,
        bytes,
        summary: match catalog.backups.first() {
            Some(newest) => format!(
                "{} backups, {}, the newest {} old",
                catalog.backups.len(),
                show::bytes(bytes),
                age(newest.summary.started, now)
            ),
            None => "no backups".to_owned(),
        },
        json: json!({
            "backups": catalog.backups.iter().map(|b| one(b, now)).collect::<Vec<_>>(),
            "unreadable": catalog.unreadable.iter()
                .map(|(file, why)| json!({ "file": file, "problem": why }))
                .collect::<Vec<_>>(),
            "orphans": catalog.orphans,
        }),
        table: show::table(HEADS, &lines),
        incomplete,
    }
}

fn line(backup: &Backup, now: Timestamp) -> [String; 5] {
    let summary = &backup.summary;
    let state = match &backup.problem {
        Some(problem) => format!("damaged: {problem}"),
        None if summary.verified => "verified".to_owned(),
        None => "not verified".to_owned(),
    };
    [
        summary.artifact.file.clone(),
        age(summary.started, now),
        show::bytes(summary.artifact.size),
        summary.rows.to_string(),
        state,
    ]
}

fn one(backup: &Backup, now: Timestamp) -> Value {
    let summary = &backup.summary;
    json!({
        "kind": summary.kind,
        "name": summary.name,
        "file": summary.artifact.file,
        "started": summary.started,
        "finished": summary.finished,
        "age_seconds": now.duration_since(summary.started).as_secs(),
        "size": summary.artifact.size,
        "raw_size": summary.artifact.raw_size,
        "codec": summary.artifact.codec,
        "recipients": summary.artifact.recipients,
        "contents": summary.contents,
        "rows": summary.rows,
        "parent": summary.parent,
        "server": summary.server,
        "tool": summary.tool,
        "verified": summary.verified,
        "problem": backup.problem,
    })
}

/// `3d 4h`, or finer below two days.
pub fn age(started: Timestamp, now: Timestamp) -> String {
    let Ok(age) = Duration::try_from(now.duration_since(started)) else {
        return "in the future".to_owned();
    };
    let hours = age.as_secs() / 3600;
    if hours < 48 {
        return show::duration(Duration::from_secs(age.as_secs()));
    }
    format!("{}d {}h", hours / 24, hours % 24)
}
