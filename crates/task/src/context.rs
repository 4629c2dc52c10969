//! What the work gets from `run`: its switches, the signal to stop, and a place for progress.

use crate::{Error, Progress, Result, TaskSettings};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Cheap to clone, so that every worker can have one.
#[derive(Clone)]
pub struct Task(Arc<Inner>);

struct Inner {
    dry_run: bool,
    wait: Duration,
    bars: bool,
    stopping: CancellationToken,
}

impl Task {
    pub(crate) fn new(settings: &TaskSettings, stopping: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            dry_run: settings.dry_run,
            wait: settings.wait,
            bars: settings.log_format == crate::LogFormat::Text && std::io::stderr().is_terminal(),
            stopping,
        }))
    }

    /// A task outside of `run`, without signals: for the tests of libraries.
    pub fn standalone(dry_run: bool, wait: Duration) -> Self {
        Self(Arc::new(Inner { dry_run, wait, bars: false, stopping: CancellationToken::new() }))
    }

    pub fn dry_run(&self) -> bool {
        self.0.dry_run
    }

    /// How long connections are tried for.
    pub fn wait(&self) -> Duration {
        self.0.wait
    }

    /// Cancelled once a signal came.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// The work's result, or `Error::stopped()` as soon as a signal comes; the work is dropped then.
    pub async fn until_stopped<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.0.stopping.cancelled() => Err(Error::stopped()),
            result = work => result,
        }
    }

    /// Shows how far a long step is: a bar on a terminal, a log line every 10 s elsewhere, until
    /// the last clone is dropped.
    pub fn progress(&self, what: &str, total: Option<u64>) -> Progress {
        Progress::new(what, total, self.0.bars)
    }
}
