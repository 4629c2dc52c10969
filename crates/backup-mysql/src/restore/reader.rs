//! Reads a part of the artifact as a stock client would: statement after statement.

use crate::script::statements;
use backup::manifest::Tally;
use backup::source::{Pieces, append};
use bytes::Bytes;
use task::Result;

pub(super) struct Reader {
    pieces: Pieces,
    rest: Bytes,
    whole: bool,
}

/// What goes to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) text: Bytes,
    /// The rows, where it brings some.
    pub(super) rows: Option<Tally>,
}

impl Reader {
    pub(super) fn new(pieces: Pieces) -> Self {
        Self { pieces, rest: Bytes::new(), whole: false }
    }

    /// The next statement; none at the end.
    pub(super) async fn statement(&mut self) -> Result<Option<Statement>> {
        loop {
            if let Some(found) = statements::first(&self.rest, self.whole)? {
                let (text, rows) = (self.rest.slice_ref(found.text), found.rows);
                let end = found.end;
                self.rest = self.rest.slice(end..);
                return Ok(Some(Statement { text, rows }));
            }
            if self.whole {
                return Ok(None);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        self.whole = !append(&mut self.rest, &mut self.pieces).await?;
        Ok(())
    }
}
