//! What was made of the records, for the log and for stdout.

use crate::apply::Fate;
use crate::reading::Amount;
use serde_json::{Value, json};
use task::{Report, show};

pub(crate) struct Done {
    pub place: String,
    pub table: String,
    /// The table was missing.
    pub made: bool,
    pub amount: Amount,
    pub fate: Fate,
    pub rejected: u64,
    pub rejects_file: Option<String>,
    pub cursor: Option<String>,
    /// The first ones as JSON, of a dry run.
    pub rows: Vec<String>,
}

pub(crate) fn report(dry_run: bool, done: &Done) -> Report {
    let Done { amount, fate, .. } = done;
    let counts = [
        ("inserted", fate.inserted),
        ("updated", fate.updated),
        ("unchanged", fate.unchanged),
        ("removed", fate.removed),
        ("repeated", fate.repeated),
        ("rejected", done.rejected),
    ];
    let told: Vec<_> = counts
        .iter()
        .filter(|(what, count)| *count > 0 || ["inserted", "updated", "unchanged"].contains(what))
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let would = if dry_run { "would be: " } else { "" };
    let summary = format!(
        "{would}{} records of {} to {}: {}",
        amount.records,
        show_pages(amount.pages),
        done.table,
        told.join(", ")
    );
    let lines = counts.map(|(what, count)| [what.to_owned(), count.to_string()]);
    let mut table = show::table([if dry_run { "WOULD BE" } else { "RECORDS" }, ">COUNT"], &lines);
    if done.made {
        let made = if dry_run { "would make" } else { "made" };
        table += &format!("{made} the table {}\n", done.table);
    }
    if let Some(file) = &done.rejects_file {
        table += &format!("rejected records are in {file}\n");
    }
    if !done.rows.is_empty() {
        table += &format!("the first {}:\n", done.rows.len());
    }
    for row in &done.rows {
        table += row;
        table.push('\n');
    }
    let mut json = json!({
        "dry_run": dry_run,
        "source": done.place,
        "table": done.table,
        "made_table": done.made,
        "pages": amount.pages,
        "records": amount.records,
        "rejects": done.rejects_file,
        "cursor": done.cursor,
    });
    for (what, count) in counts {
        json[what] = json!(count);
    }
    if dry_run {
        let rows = done.rows.iter().map(|row| serde_json::from_str(row).unwrap_or(Value::Null));
        json["rows"] = rows.collect();
    }
    Report {
        items: amount.records,
        bytes: amount.bytes,
        summary,
        json,
        table,
        incomplete: Vec::new(),
    }
}

fn show_pages(pages: u64) -> String {
    if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") }
}
