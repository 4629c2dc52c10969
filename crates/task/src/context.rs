//! What the work gets from `run`: its switches, the signal to stop, and a place for progress.

use crate::list::List;
use crate::{Error, Output, Progress, Result, TaskSettings};
use serde_json::Value;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Cheap to clone, so that every worker can have one.
#[derive(Clone)]
pub struct Task(Arc<Inner>);

struct Inner {
    dry_run: bool,
    wait: Duration,
    bars: bool,
    stopping: CancellationToken,
    cleaning: TaskTracker,
    list: List,
}

impl Task {
    pub(crate) fn new(settings: &TaskSettings, stopping: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            dry_run: settings.dry_run,
            wait: settings.wait,
            bars: settings.log_format == crate::LogFormat::Text && std::io::stderr().is_terminal(),
            stopping,
            cleaning: TaskTracker::new(),
            list: List::new(settings.output),
        }))
    }

    /// A task outside of `run`, without signals: for the tests of libraries.
    pub fn standalone(dry_run: bool, wait: Duration) -> Self {
        Self(Arc::new(Inner {
            dry_run,
            wait,
            bars: false,
            stopping: CancellationToken::new(),
            cleaning: TaskTracker::new(),
            list: List::new(Output::Table),
        }))
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

    /// Begins to remove what is partial where that takes a network, for a `drop` that cannot wait.
    /// The process does not end before it is done, or the time after a signal is up.
    pub fn clean_up(&self, work: impl Future<Output = ()> + Send + 'static) {
        // Outside of a runtime there is nothing left to clean up with.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.0.cleaning.spawn_on(work, &runtime);
        }
    }

    /// Waits for all that [`Task::clean_up`] began.
    pub async fn cleaned(&self) {
        self.0.cleaning.close();
        self.0.cleaning.wait().await;
    }

    /// Begins a result that is printed item by item, because it may be too long to be held; in JSON
    /// it is the list `key` of the object whose other fields the report brings.
    pub fn begin_list(&self, key: &str) -> Result<()> {
        self.0.list.begin(key)
    }

    /// One item of it: a line for people, or a value.
    pub fn list_item(
        &self,
        line: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<()> {
        self.0.list.item(line, json)
    }

    pub(crate) fn list(&self) -> &List {
        &self.0.list
    }

    /// Shows how far a long step is: a bar on a terminal, a log line every 10 s elsewhere, until
    /// the last clone is dropped.
    pub fn progress(&self, what: &str, total: Option<u64>) -> Progress {
        Progress::new(what, total, self.0.bars)
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Task")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_to_be_cleaned_up_is_waited_for_though_its_owner_is_gone() {
        let task = Task::standalone(false, Duration::ZERO);
        let (done, mut told) = tokio::sync::oneshot::channel();
        task.clean_up(async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let _ = done.send(());
        });
        assert!(told.try_recv().is_err());
        task.cleaned().await;
        assert!(told.try_recv().is_ok());
    }
}
