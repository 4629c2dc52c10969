//! Retention over whole stores of backups, by their manifests, for every kind and name in them.

mod cleanup;
mod group;
mod pattern;
mod report;
mod rules;
mod settings;

use settings::Settings;
use std::process::ExitCode;
use task::{Report, Result, Several, Task};

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run(env!("CARGO_PKG_NAME"), &settings.task, async |task| run(&task, &settings).await)
}

async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let rules = settings.rules()?;
    let mut stores = Several::default();
    for url in settings.stores()? {
        stores.add(url, cleanup::store(task, settings, &rules, url).await)?;
    }
    stores.report(if task.dry_run() { "planned" } else { "cleaned" })
}
