//! What was made of each day, in few words: for the log and for stdout. A day's products are not kept, for there
//! may be many days.

use crate::day::Day;
use crate::decimal;
use crate::figures::Figures;
use crate::ledger::Fate;
use crate::range::Days;
use serde_json::{Value, json};
use task::{Report, show};
use tracing::{info, warn};

pub(crate) struct Done {
    line: [String; 6],
    json: Value,
    /// For the last line of the log.
    result: String,
    files: Vec<String>,
    bytes: u64,
}

impl Done {
    /// `json` is what the file says, or would say.
    pub(crate) fn new(
        day: &Day,
        figures: &Figures,
        fate: Fate,
        mut json: Value,
        (files, bytes): (Vec<String>, u64),
    ) -> Self {
        let all = &figures.all;
        if let Some(fields) = json.as_object_mut() {
            fields.remove("by_product");
            fields.remove("by_hour");
        }
        json["row"] = json!(fate.word());
        json["files"] = json!(files);
        let result = if all.rows == 0 { "no orders".to_owned() } else { all.total.clone() };
        let line = [
            day.date.to_string(),
            decimal::shown(&all.total),
            decimal::shown(&all.items),
            all.orders.to_string(),
            figures.best().map_or("-", |(best, _)| best.shown()).to_owned(),
            fate.word().to_owned(),
        ];
        Self { line, json, result, files, bytes }
    }
}

/// A line of the log for each day.
pub(crate) fn say(day: &Day, figures: &Figures, fate: Fate) {
    let all = &figures.all;
    if all.rows == 0 {
        info!("{}: no orders ({})", day.date, fate.word());
    } else {
        let (total, orders) = (&all.total, all.orders);
        info!("{}: {total} in {orders} orders, {} items ({})", day.date, all.items, fate.word());
    }
    if all.lacking > 0 {
        let (lacking, rows) = (all.lacking, all.rows);
        warn!("{}: {lacking} of {rows} rows lack a price, a quantity or an order", day.date);
    }
}

pub(crate) fn report(dry_run: bool, days: &Days, done: Vec<Done>) -> Report {
    let (row, wrote, verb) = if dry_run {
        ("ROW WOULD BE", "would write", "would report")
    } else {
        ("ROW", "wrote", "reported")
    };
    let lines: Vec<_> = done.iter().map(|done| done.line.clone()).collect();
    let heads = ["DAY", ">SALES", ">ITEMS", ">ORDERS", "BEST PRODUCT", row];
    let mut table = show::table(heads, &lines);
    for file in done.iter().flat_map(|done| &done.files) {
        table += &format!("{wrote} {file}\n");
    }
    let summary = match &done[..] {
        [done] => format!("{verb} {}: {}", done.line[0], done.result),
        many => format!("{verb} {} days", many.len()),
    };
    let skipped: Vec<_> = days.skipped.iter().map(ToString::to_string).collect();
    Report {
        items: done.len() as u64,
        bytes: done.iter().map(|done| done.bytes).sum(),
        summary,
        table,
        json: json!({
            "dry_run": dry_run,
            "days": done.into_iter().map(|done| done.json).collect::<Vec<_>>(),
            "skipped": skipped,
        }),
        incomplete: Vec::new(),
    }
}
