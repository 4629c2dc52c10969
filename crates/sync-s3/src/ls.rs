//! What lies in S3, printed as it comes: a list may be longer than memory.

use crate::settings::LsSettings;
use jiff::Timestamp;
use serde_json::json;
use std::time::SystemTime;
use storage::{Object, Objects, S3Settings};
use task::{Report, Result, Task, show};

/// Columns as `aws s3 ls` has them.
const TIME: usize = 19;
const SIZE: usize = 10;

pub(crate) async fn run(
    task: &Task,
    place: &str,
    ls: &LsSettings,
    settings: &S3Settings,
) -> Result<Report> {
    let objects = Objects::open(task, place, settings).await?;
    task.begin_list("objects")?;
    let (mut count, mut bytes, mut from) = (0, 0, None);
    loop {
        let page = objects.page(!ls.recursive, from).await?;
        for folder in &page.folders {
            let width = TIME + 1 + SIZE;
            task.list_item(
                || format!("{:>width$} {folder}", "PRE"),
                || json!({ "folder": folder }),
            )?;
        }
        for object in &page.objects {
            (count, bytes) = (count + 1, bytes + object.size);
            task.list_item(|| line(object, ls.human_readable), || value(object))?;
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let mut table = String::new();
    if ls.summarize {
        let size = if ls.human_readable { show::bytes(bytes) } else { bytes.to_string() };
        table = format!("\nTotal Objects: {count}\n   Total Size: {size}\n");
    }
    Ok(Report {
        items: count,
        bytes,
        summary: format!("listed {count} objects, {}", show::bytes(bytes)),
        json: json!({ "place": objects.location(""), "count": count, "bytes": bytes }),
        table,
        ..Report::default()
    })
}

fn line(object: &Object, human_readable: bool) -> String {
    let size = if human_readable { show::bytes(object.size) } else { object.size.to_string() };
    let time = time(object.modified).strftime("%Y-%m-%d %H:%M:%S").to_string();
    format!("{time} {size:>SIZE$} {}", object.name)
}

fn value(object: &Object) -> serde_json::Value {
    json!({
        "name": object.name,
        "size": object.size,
        "modified": time(object.modified).to_string(),
        "etag": object.etag,
    })
}

fn time(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or_default()
}
