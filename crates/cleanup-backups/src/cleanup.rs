//! One store: what is in it, what of it goes, and what is missing.

use crate::group::{State, groups};
use crate::report::report;
use crate::rules::Rules;
use crate::settings::Settings;
use backup::catalog::Catalog;
use backup::retention::Plan;
use backup::{catalog, prune};
use jiff::Zoned;
use storage::Store;
use task::{Report, Result, Task};
use tracing::{error, info, warn};

pub(crate) async fn store(
    task: &Task,
    settings: &Settings,
    rules: &Rules,
    url: &str,
) -> Result<Report> {
    let store = Store::open(task, url, &settings.s3).await?;
    info!("looking at the backups in {url}");
    let mut catalog = task.until_stopped(catalog::list(&store, &[], None)).await?;
    let mut missing = missing(url, rules, &catalog);
    catalog.retain(|kind, name| rules.watch(kind, name).is_some());
    let now = Zoned::now();
    let groups = groups(&catalog, rules, &now);
    let mut plan = Plan::default();
    for group in &groups {
        let of_group = group.plan(&now);
        plan.keep.extend(of_group.keep);
        plan.delete.extend(of_group.delete);
        if group.state != State::Sound {
            error!("{url}: {}/{}: {}", group.kind, group.name, group.state);
        }
    }
    // A store that holds nothing may be the wrong one.
    if groups.is_empty() && missing.is_empty() {
        missing.push("any kind: is it the right place?".to_owned());
    }
    for expected in &missing {
        error!("{url}: there is no backup of {expected}");
    }
    for (manifest, why) in &catalog.unreadable {
        error!("{url}: {manifest} cannot be read, and is left alone: {why}");
    }
    for file in &catalog.orphans {
        warn!("{url}: {file} has no manifest: it is no backup, and is left alone");
    }
    let removed = prune::apply(task, &store, &catalog, &plan).await?;
    Ok(report(url, &catalog, &groups, &plan, &missing, removed, &now))
}

/// What is expected, and no backup of the store is called so.
fn missing(url: &str, rules: &Rules, catalog: &Catalog) -> Vec<String> {
    let summaries = catalog.backups.iter().map(|backup| &backup.summary);
    let found: Vec<_> = summaries.map(|one| (&*one.kind, &*one.name)).collect();
    for pattern in rules.idle(&found) {
        warn!("{url}: no backup is called {pattern}: is it written as it should be?");
    }
    rules.missing(&found).iter().map(ToString::to_string).collect()
}
