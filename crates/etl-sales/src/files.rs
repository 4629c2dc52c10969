//! The files of a day: JSON for programs (docs/sales.schema.json), a page for people. Each appears whole or not
//! at all, and none tells when it was made: the same figures make the same bytes.

use crate::day::{Clock, Day};
use crate::figures::{Figures, Sum};
use crate::settings::Settings;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;
use storage::Store;
use task::{Context, Result, Task};

/// Leftovers of killed runs are removed once they are older.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);

pub(crate) async fn open(task: &Task, settings: &Settings) -> Result<Store> {
    let store = Store::open(task, &settings.reports, &settings.s3).await?;
    if !task.dry_run() {
        task.until_stopped(store.writable()).await?;
        // In S3 a file that is put at once leaves nothing behind.
        if let Store::Directory(_) = store {
            store.sweep(|name| name.starts_with("sales-"), LEFTOVER_AGE).await?;
        }
    }
    Ok(store)
}

/// Writes both, and says where they lie and how large they are. The day's row has to be locked: so no other run
/// writes these files, and what is half written is of one that was killed.
pub(crate) async fn write(
    store: &Store,
    day: &Day,
    json: &Value,
    page: String,
) -> Result<(Vec<String>, u64)> {
    let mut text = serde_json::to_vec_pretty(json).failed(|| "cannot write JSON".to_owned())?;
    text.push(b'\n');
    if let Store::Directory(_) = store {
        let mine = ["json", "html"].map(|kind| day.file(kind));
        store.sweep(move |name| mine.iter().any(|one| one == name), Duration::ZERO).await?;
    }
    let (mut places, mut bytes) = (Vec::new(), 0);
    for (kind, media, content) in [
        ("json", "application/json", Bytes::from(text)),
        ("html", "text/html; charset=utf-8", Bytes::from(page)),
    ] {
        let name = day.file(kind);
        bytes += content.len() as u64;
        store.put_as(&name, content, media).await?;
        places.push(store.location(&name));
    }
    Ok((places, bytes))
}

/// Decimals are strings, for a number of JSON is read as a float by most; counts are numbers.
pub(crate) fn json(settings: &Settings, day: &Day, clock: &Clock, figures: &Figures) -> Value {
    let clock = match clock {
        Clock::Moments => None,
        Clock::Shown(zone) => Some(zone.iana_name().unwrap_or("UTC")),
    };
    let with = |sum: &Sum, mut value: Value| {
        value["total"] = json!(sum.total);
        value["items"] = json!(sum.items);
        value["orders"] = json!(sum.orders);
        value
    };
    let best = figures.best().map(|(product, _)| product);
    let products = figures.products.iter().map(|(product, sum)| {
        let mut value = json!({ "product": product.id });
        if let Some(name) = &product.name {
            value["name"] = json!(name);
        }
        with(sum, value)
    });
    let hours = figures.hours.iter().map(|(hour, sum)| {
        let from = hour.start.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        with(sum, json!({ "from": from }))
    });
    let value = json!({
        "format": "nightshift.sales/v1",
        "date": day.date.to_string(),
        "zone": day.zone_name(),
        "timestamp_zone": clock,
        "from": day.start.timestamp().to_string(),
        "to": day.end.timestamp().to_string(),
        "currency": (!settings.currency.is_empty()).then_some(&settings.currency),
        "best_product": best.and_then(|product| product.id.as_deref()),
        "best_product_name": best.and_then(|product| product.name.as_deref()),
        "average_order": figures.average,
        "products": figures.product_count,
        "rows": figures.all.rows,
        "lacking_rows": figures.all.lacking,
        "by_product": products.collect::<Vec<_>>(),
        "other_products": figures.others.as_ref().map(|others| json!({
            "products": figures.product_count - figures.products.len() as u64,
            "total": others.total,
            "items": others.items,
        })),
        "by_hour": hours.collect::<Vec<_>>(),
    });
    with(&figures.all, value)
}
