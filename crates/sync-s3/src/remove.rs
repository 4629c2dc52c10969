//! What the destination has and the source does not: deleted only after all else went well, and
//! only as much as was agreed to.

use crate::pairs::{Pair, Pairs};
use crate::route::Route;
use crate::settings::Settings;
use crate::sync::{Seen, Sync};
use crate::tally::Tally;
use serde_json::json;
use storage::Objects;
use task::{Error, Result, blocking};

pub(crate) async fn run(
    sync: &Sync,
    settings: &Settings,
    seen: Seen,
    tally: &mut Tally,
) -> Result<()> {
    if seen.gone == 0 {
        return Ok(());
    }
    if tally.failures() > 0 {
        tally.withheld = seen.gone;
        tracing::warn!(
            "{} files were not deleted, because others could not be read or copied",
            seen.gone
        );
        return Ok(());
    }
    if seen.source == 0 && !settings.delete.allow_empty_source {
        return Err(Error::usage(format!(
            "the source {} is empty, and {} files of {} would be deleted: look at the source, or \
             say --allow-empty-source",
            sync.route.source(),
            seen.gone,
            sync.route.dest()
        )));
    }
    let most = settings.delete.max_delete;
    if !most.allows(seen.gone, seen.dest) {
        return Err(Error::usage(format!(
            "{} of {} files of {} would be deleted, which is more than --max-delete {most}: nothing \
             was deleted; all else is done",
            seen.gone,
            seen.dest,
            sync.route.dest()
        )));
    }
    // The lists are asked again: what came into the source meanwhile stays.
    let mut pairs = Pairs::new(sync.route.listings(&settings.rules)?);
    let (mut names, mut found) = (Vec::new(), 0);
    while let Some(pair) = pairs.next().await? {
        match pair {
            Pair::Problem { name, error } => {
                return Err(
                    Error::new(error.exit(), format!("stopped deleting at {name}")).because(error)
                );
            }
            Pair::Gone(item) if sync.shard.holds(&item.name) => {
                found += 1;
                // More than was counted and agreed to: the source loses files while we look.
                if found > seen.gone {
                    return Err(Error::failed(format!(
                        "stopped deleting: {} has fewer files than a moment ago",
                        sync.route.source()
                    )));
                }
                names.push(item.name);
                if names.len() == Objects::BATCH {
                    delete(sync, std::mem::take(&mut names), tally).await?;
                }
            }
            Pair::Gone(_) | Pair::New(_) | Pair::Both(..) => {}
        }
    }
    delete(sync, names, tally).await
}

async fn delete(sync: &Sync, names: Vec<String>, tally: &mut Tally) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let count = names.len() as u64;
    if sync.task.dry_run() {
        for name in names {
            sync.task.list_item(
                || format!("delete: {}", sync.route.dest_of(&name)),
                || json!({ "action": "delete", "name": name }),
            )?;
        }
        tally.deleted += count;
        return Ok(());
    }
    let failed = match &*sync.route {
        Route::Up { to, .. } | Route::Across { to, .. } => to.delete(&names).await?,
        Route::Down { tree: Some(tree), .. } => {
            let tree = tree.clone();
            blocking(move || {
                let one = |name: String| tree.remove(&name).err().map(|error| (name, error));
                Ok(names.into_iter().filter_map(one).collect())
            })
            .await?
        }
        Route::Down { tree: None, .. } => Vec::new(),
    };
    tally.deleted += count - failed.len() as u64;
    for (name, error) in failed {
        tally.failed(&name, error)?;
    }
    Ok(())
}
