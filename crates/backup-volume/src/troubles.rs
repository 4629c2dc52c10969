//! What a backup could not save as it was: each is named in the log, and the first in the report.

use crate::walk::Trouble;
use tracing::{info, warn};

/// Of each kind so many names are kept: a million of them would be no help.
const NAMED: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) count: u64,
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Troubles {
    /// Missing in the backup.
    pub(crate) unreadable: Named,
    /// Saved, but perhaps of no single moment; or gone before it could be saved.
    pub(crate) changed: Named,
    /// What no archive can hold.
    pub(crate) ignored: Named,
}

impl Named {
    fn add(&mut self, what: String) {
        self.count += 1;
        if self.names.len() < NAMED {
            self.names.push(what);
        }
    }
}

impl Troubles {
    pub(crate) fn add(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Unreadable(what) => {
                tracing::error!("not saved: {what}");
                self.unreadable.add(what);
            }
            Trouble::Changed(what) => {
                warn!("{what}");
                self.changed.add(what);
            }
            Trouble::Ignored(what) => {
                info!("left out: {what}");
                self.ignored.add(what);
            }
        }
    }

    /// What makes the run one that was done in part.
    pub(crate) fn incomplete(&self, strict: bool) -> Vec<String> {
        let all = |named: &Named| {
            let more = named.count - named.names.len() as u64;
            let rest = (more > 0).then(|| format!("and {more} more"));
            named.names.iter().cloned().chain(rest).collect::<Vec<_>>()
        };
        let mut incomplete = all(&self.unreadable);
        if strict {
            incomplete.extend(all(&self.changed));
        }
        incomplete
    }
}
