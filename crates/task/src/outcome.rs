//! How a task ended, in the words that the log, the metrics and the notices share.

use crate::{Error, Exit, Report, Result};
use std::time::Duration;

pub(crate) struct Outcome {
    pub(crate) task: &'static str,
    pub(crate) exit: Exit,
    pub(crate) error: Option<String>,
    /// There is one after a success, and of a task done in part.
    pub(crate) report: Option<Report>,
    pub(crate) took: Duration,
}

impl Outcome {
    pub(crate) fn new(
        task: &'static str,
        result: Result<Report>,
        stopped: bool,
        took: Duration,
    ) -> Self {
        let (report, error) = match result {
            Ok(report) => {
                let error = report.shortfall();
                (Some(report), error)
            }
            Err(error) => (None, Some(error)),
        };
        // What fails after a signal fails because of it. What was done all the same is done.
        let error = error.map(|error| match error.exit() {
            Exit::Stopped => error,
            _ if stopped => Error::stopped().because(error),
            _ => error,
        });
        let exit = error.as_ref().map_or(Exit::Done, Error::exit);
        Self { task, exit, error: error.map(|error| format!("{error:#}")), report, took }
    }

    pub(crate) fn success(&self) -> bool {
        self.exit == Exit::Done
    }

    pub(crate) fn summary(&self) -> &str {
        self.report.as_ref().map_or("", |report| &report.summary)
    }

    /// One word, for machines and headlines.
    pub(crate) fn status(&self) -> &'static str {
        match self.exit {
            Exit::Done => "done",
            Exit::Failed | Exit::Usage | Exit::Integrity => "failed",
            Exit::Partial => "incomplete",
            Exit::Stopped => "stopped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(result: Result<Report>, stopped: bool) -> (Exit, Option<String>) {
        let outcome = Outcome::new("t", result, stopped, Duration::ZERO);
        (outcome.exit, outcome.error)
    }

    #[test]
    fn what_fails_after_a_signal_is_stopped() {
        let error = || Err(Error::failed("connection closed"));
        assert_eq!(outcome(error(), false), (Exit::Failed, Some("connection closed".into())));
        let stopped = (Exit::Stopped, Some("told to stop: connection closed".into()));
        assert_eq!(outcome(error(), true), stopped);
        assert_eq!(outcome(Err(Error::stopped()), true).1, Some("told to stop".into()));
    }

    #[test]
    fn what_was_done_is_done_even_after_a_signal() {
        assert_eq!(outcome(Ok(Report::default()), true), (Exit::Done, None));
    }

    #[test]
    fn names_what_is_missing() {
        let part = Report { incomplete: vec!["shop".into(), "crm".into()], ..Report::default() };
        assert_eq!(outcome(Ok(part), false), (Exit::Partial, Some("2 failed: shop, crm".into())));
    }
}
