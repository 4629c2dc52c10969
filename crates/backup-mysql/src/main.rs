//! Backs up MySQL and MariaDB to one proven file of plain SQL, and brings it back.

mod script;
mod settings;

use settings::{Settings, Verb};
use std::process::ExitCode;
use task::{Error, Report, Result, Task};

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run(env!("CARGO_PKG_NAME"), &settings.task, async |task| run(&task, &settings).await)
}

async fn run(_: &Task, settings: &Settings) -> Result<Report> {
    settings.check()?;
    match settings.verb {
        Verb::Backup | Verb::List | Verb::Verify | Verb::Restore | Verb::Prune => {
            Err(Error::usage("not there yet"))
        }
    }
}
