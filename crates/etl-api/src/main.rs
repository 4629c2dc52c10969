//! The records of an HTTP API into a table of PostgreSQL: read page by page, mapped by a file, staged by COPY, and
//! written in one transaction.

mod api;
mod apply;
mod config;
mod cursor;
mod decimal;
mod field;
mod json;
mod link;
mod mapping;
mod moment;
mod paging;
mod reading;
mod rejects;
mod settings;
mod shape;
mod staged;
mod strict;
mod summary;
mod target;
mod work;

use settings::Settings;
use std::process::ExitCode;
use task::{Report, Result, Task};

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run(env!("CARGO_PKG_NAME"), &settings.task, async |task| run(&task, &settings).await)
}

async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    let config = settings.config()?;
    let base = settings.url()?;
    let endpoint = settings.endpoint()?;
    let api = api::Api::open(task, settings, &config.source, &base)?;
    let rejects = rejects::Rejects::open(task, settings).await?;
    work::Work { task, settings, config: &config, api: &api, base }.run(&endpoint, rejects).await
}
