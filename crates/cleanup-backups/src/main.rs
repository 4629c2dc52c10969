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
    let (mut stores, mut summaries) = (Several::default(), Vec::new());
    for url in settings.stores()? {
        let cleaned = cleanup::store(task, settings, &rules, url).await;
        summaries.extend(cleaned.as_ref().map(|report| format!("{url}: {}", report.summary)));
        stores.add(url, cleaned)?;
    }
    let report = stores.report(if task.dry_run() { "planned" } else { "cleaned" })?;
    Ok(Report { summary: summaries.join("; "), ..report })
}
