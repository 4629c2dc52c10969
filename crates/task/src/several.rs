//! What came of several items, of which each may fail without keeping the others.

use crate::{Error, Exit, Report, Result};
use serde_json::json;
use std::fmt::Write;

#[derive(Debug, Default)]
pub struct Several {
    done: Vec<Report>,
    failed: Vec<(String, Error)>,
}

impl Several {
    /// Only a signal ends it all.
    pub fn add(&mut self, name: &str, result: Result<Report>) -> Result<()> {
        match result {
            Ok(report) => self.done.push(report),
            Err(error) if error.exit() == Exit::Stopped => return Err(error),
            Err(error) => {
                tracing::error!(exit_code = error.exit() as u8, "{name}: {error:#}");
                self.failed.push((name.to_owned(), error));
            }
        }
        Ok(())
    }

    /// One report of all; `verb` is what was done to each, and their key in its JSON. Exit code 4 if
    /// some failed; but damage stays damage, and if all failed in one way, that is
    /// how it failed.
    pub fn report(self, verb: &str) -> Result<Report> {
        let exits: Vec<Exit> = self.failed.iter().map(|(_, error)| error.exit()).collect();
        let all_failed = self.done.is_empty() && !exits.is_empty();
        let exit = if exits.contains(&Exit::Integrity) {
            Some(Exit::Integrity)
        } else if all_failed && exits.iter().all(|exit| *exit == exits[0]) {
            Some(exits[0])
        } else {
            all_failed.then_some(Exit::Failed)
        };
        if let Some(exit) = exit {
            let all: Vec<String> =
                self.failed.iter().map(|(name, error)| format!("{name}: {error:#}")).collect();
            let count = format!("{} of {} failed", all.len(), all.len() + self.done.len());
            return Err(Error::new(exit, format!("{count}: {}", all.join("; "))));
        }
        let mut table = String::new();
        for report in &self.done {
            let _ = writeln!(table, "{}", report.table);
        }
        for (name, error) in &self.failed {
            let _ = writeln!(table, "{name} FAILED: {error:#}");
        }
        let done = self.done.len();
        let failed: Vec<_> = self
            .failed
            .iter()
            .map(|(name, error)| {
                let exit = error.exit() as u8;
                json!({ "name": name, "error": format!("{error:#}"), "exit_code": exit })
            })
            .collect();
        Ok(Report {
            items: self.done.iter().map(|report| report.items).sum(),
            bytes: self.done.iter().map(|report| report.bytes).sum(),
            summary: format!("{verb} {done} of {}", done + failed.len()),
            json: json!({
                verb: self.done.iter().map(|report| &report.json).collect::<Vec<_>>(),
                "failed": failed,
            }),
            table,
            incomplete: self
                .done
                .into_iter()
                .flat_map(|report| report.incomplete)
                .chain(self.failed.into_iter().map(|(name, _)| name))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(results: &[Result<(), Exit>]) -> Result<Vec<String>, Exit> {
        let mut several = Several::default();
        for (number, result) in results.iter().enumerate() {
            let result =
                (*result).map(|()| Report::default()).map_err(|exit| Error::new(exit, "no"));
            several.add(&number.to_string(), result).map_err(|error| error.exit())?;
        }
        several.report("saved").map(|report| report.incomplete).map_err(|error| error.exit())
    }

    #[test]
    fn the_exit_code_tells_what_came_of_all() {
        use Exit::{Failed, Integrity, Stopped, Usage};
        assert_eq!(exit(&[Ok(()), Ok(())]).unwrap(), [""; 0]);
        assert_eq!(exit(&[Ok(()), Err(Usage), Err(Failed)]).unwrap(), ["1", "2"]);
        assert_eq!(exit(&[Err(Usage), Err(Usage)]), Err(Usage));
        assert_eq!(exit(&[Err(Usage), Err(Failed)]), Err(Failed));
        assert_eq!(exit(&[Ok(()), Err(Failed), Err(Integrity)]), Err(Integrity));
        assert_eq!(exit(&[Ok(()), Err(Stopped), Ok(())]), Err(Stopped));
    }
}
