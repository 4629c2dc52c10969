//! The statements around the rows, gathered into members.

use super::part;
use backup::manifest::Tally;
use backup::writer::Writer;
use std::sync::Arc;
use task::Result;

/// How much text goes into one member, unless one statement is longer.
const MEMBER: usize = 256 * 1024;

pub(super) struct Script<'a> {
    writer: &'a Arc<Writer>,
    part: &'static str,
    text: Vec<u8>,
    longest: u64,
}

impl<'a> Script<'a> {
    pub(super) fn new(writer: &'a Arc<Writer>) -> Self {
        Self { writer, part: part::SETTINGS, text: Vec::new(), longest: 0 }
    }

    /// What follows belongs to this part.
    pub(super) async fn part(&mut self, part: &'static str) -> Result<()> {
        if part != self.part {
            self.flush().await?;
            self.part = part;
        }
        Ok(())
    }

    /// Adds whole statements with their ends.
    pub(super) async fn push(&mut self, statements: &[u8]) -> Result<()> {
        if !self.text.is_empty() && self.text.len() + statements.len() > MEMBER {
            self.flush().await?;
        }
        self.longest = self.longest.max(statements.len() as u64);
        self.text.extend_from_slice(statements);
        Ok(())
    }

    pub(super) async fn flush(&mut self) -> Result<()> {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.writer.member(self.part, None, Tally::default(), text).await?;
        }
        Ok(())
    }

    pub(super) fn longest(&self) -> u64 {
        self.longest
    }
}
