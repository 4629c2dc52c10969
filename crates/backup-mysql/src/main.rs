//! Backs up MySQL and MariaDB to one proven file of plain SQL, and brings it back.

mod access;
mod cluster;
mod dump;
mod globals;
mod names;
mod proof;
mod restore;
mod rows;
mod save;
mod schema;
mod script;
mod settings;
mod snapshot;
mod stored;

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
        Verb::Restore => stored::restore(task, settings).await,
        Verb::Prune => stored::prune(task, settings).await,
    }
}
