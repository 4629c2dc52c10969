//! A day's sales, counted by PostgreSQL between the borders of the day in a time zone: one row in a table of
//! reports, one JSON file and one page with charts.

mod config;
mod day;
mod decimal;
mod figures;
mod files;
mod ledger;
mod orders;
mod page;
mod range;
mod settings;
mod summary;
mod work;

use settings::Settings;
use std::process::ExitCode;
use task::{Report, Result, Task};

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run(env!("CARGO_PKG_NAME"), &settings.task, async |task| run(&task, &settings).await)
}

async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let days = settings.days()?;
    let config = settings.config()?;
    let endpoint = settings.postgres.endpoint()?;
    let store = files::open(task, settings).await?;
    work::report(task, settings, &config, &endpoint, &store, days).await
}
