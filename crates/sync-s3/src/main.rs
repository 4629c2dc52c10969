//! Copies what is new or changed between directories and S3, and lists what lies there.

mod budget;
mod compare;
mod digest;
mod download;
mod filter;
mod fnmatch;
mod item;
mod listing;
mod ls;
mod names;
mod pairs;
mod partial;
mod remove;
mod route;
mod settings;
mod source;
mod sync;
mod tally;
mod tree;
mod upload;
mod walk;

use settings::{Settings, Work};
use std::process::ExitCode;
use task::{Report, Result, Task};

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run(env!("CARGO_PKG_NAME"), &settings.task, async |task| run(&task, &settings).await)
}

async fn run(task: &Task, settings: &Settings) -> Result<Report> {
    match settings.work()? {
        Work::Sync { source, dest } => sync::run(task, settings, (source, dest)).await,
        Work::Ls(place) => ls::run(task, place, &settings.ls, &settings.s3).await,
    }
}
