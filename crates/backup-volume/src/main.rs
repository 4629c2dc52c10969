//! Backs up a directory with all its attributes to one proven tar, and brings it back.

mod attributes;
mod batch;
mod chain;
mod entry;
mod exclude;
mod feed;
mod index;
mod large;
mod proof;
mod restore;
mod save;
mod settings;
mod stored;
mod tar;
mod troubles;
mod walk;

use settings::{Settings, Verb};
use std::process::ExitCode;
use task::{Report, Result, Task};

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run(env!("CARGO_PKG_NAME"), &settings.task, async |task| run(&task, &settings).await)
}

async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    settings.check()?;
    match settings.verb {
        Verb::Backup => save::run(task, settings).await,
        Verb::List => stored::list(task, settings).await,
        Verb::Verify => stored::verify(task, settings).await,
        Verb::Restore => restore::run(task, settings).await,
        Verb::Prune => stored::prune(task, settings).await,
    }
}
