//! A program on the contract of `task`, for its tests: each verb ends in another way.

use clap::Parser;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use task::{Error, Exit, Report, Result, Task, TaskSettings};

/// Ends in the way it is told to
#[derive(Parser)]
#[command(name = "sample", version, about)]
struct Settings {
    #[command(flatten)]
    task: TaskSettings,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Do it all
    Done,
    /// Do a part of it
    Partial,
    /// End with an error
    Error { exit: u8 },
    /// Panic
    Panic,
    /// Wait for the signal, or fail because of it, and remove the file
    Wait { file: PathBuf },
    /// Like wait, in a spawned task that is not waited for
    Leave { file: PathBuf },
    /// Ignore the signal in an async way, with a stuck thread beside
    Hang { file: PathBuf },
    /// Block the main thread
    Block { file: PathBuf },
    /// Show the settings as Debug does
    Settings,
    /// Try again and again
    Retry,
}

fn main() -> ExitCode {
    let settings: Settings = task::parse();
    task::run("sample", &settings.task, async |task| work(task, &settings).await)
}

async fn work(task: Task, settings: &Settings) -> Result<Report> {
    let report = Report {
        items: 3,
        bytes: 2048,
        summary: format!("3 items, 2.0 KiB, dry run {}", task.dry_run()),
        json: json!({ "items": 3, "dry_run": task.dry_run() }),
        table: "ITEM\none\ntwo\nthree".into(),
        incomplete: Vec::new(),
    };
    match settings.verb.as_ref().unwrap_or(&Verb::Done) {
        Verb::Done => {}
        Verb::Partial => {
            return Ok(Report { incomplete: vec!["two".into(), "three".into()], ..report });
        }
        Verb::Error { exit } => {
            let exits = [Exit::Done, Exit::Failed, Exit::Usage, Exit::Integrity, Exit::Partial];
            let cause = Error::failed("first line\nsecond line");
            return Err(Error::new(exits[usize::from(*exit)], "cannot do it").because(cause));
        }
        Verb::Panic => panic!("the sky falls"),
        Verb::Wait { file } => {
            let _guard = Guard::new(file);
            task.stopping().cancelled().await;
            return Err(Error::failed("connection closed"));
        }
        Verb::Leave { file } => {
            let guard = Guard::new(file);
            tokio::spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
            return task.until_stopped(std::future::pending()).await;
        }
        Verb::Hang { file } => {
            let _guard = Guard::new(file);
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_hours(1)));
            std::future::pending::<()>().await;
        }
        Verb::Block { file } => {
            let _guard = Guard::new(file);
            std::thread::sleep(Duration::from_hours(1));
        }
        Verb::Settings => return Ok(Report { table: format!("{:#?}", settings.task), ..report }),
        Verb::Retry => {
            task::retry(&task, "reach it", async || Err::<(), _>(Error::failed("refused"))).await?;
        }
    }
    Ok(report)
}

/// The file is there while the work is.
struct Guard(PathBuf);

impl Guard {
    fn new(file: &std::path::Path) -> Self {
        std::fs::write(file, "").expect("a place for the file");
        Self(file.to_owned())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).expect("the file is there");
    }
}
