//! The index on its way into the archive, in parts: each is compressed at once, and they wait for each
//! other, so that in a large archive few long runs of the index lie between the content.

use crate::index::{Line, PART, member, tally};
use backup::writer::{Member, Writer};
use std::collections::HashMap;
use std::sync::Arc;
use task::Result;

/// Lines of one part.
const LINES: usize = 256 << 10;
/// What waits, compressed.
const WAITING: u64 = 4 << 20;

pub(super) struct IndexPart {
    writer: Arc<Writer>,
    group: usize,
    lines: Vec<u8>,
    waiting: Vec<Member>,
    /// Where in the manifest each group stands.
    contents: HashMap<usize, usize>,
}

impl IndexPart {
    pub(super) fn new(writer: Arc<Writer>) -> Self {
        Self { writer, group: 0, lines: Vec::new(), waiting: Vec::new(), contents: HashMap::new() }
    }

    /// All lines are of one group.
    pub(super) async fn add(&mut self, group: usize, lines: &[u8]) -> Result<()> {
        if group != self.group {
            self.compress().await?;
            self.group = group;
        }
        self.lines.extend_from_slice(lines);
        if self.lines.len() >= LINES {
            self.compress().await?;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<()> {
        self.compress().await?;
        self.write().await
    }

    async fn compress(&mut self) -> Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let content = self.content()?;
        let raw = member(&self.lines);
        let tally = tally(&self.lines);
        self.lines.clear();
        let mut member = self.writer.compress(PART, Some(content), tally, raw).await?;
        drop(member.take_raw());
        self.waiting.push(member);
        if self.waiting.iter().map(Member::length).sum::<u64>() >= WAITING {
            self.write().await?;
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<()> {
        for member in self.waiting.drain(..) {
            self.writer.append(member).await?;
        }
        Ok(())
    }

    fn content(&mut self) -> Result<usize> {
        if let Some(content) = self.contents.get(&self.group) {
            return Ok(*content);
        }
        let name = if self.group == 0 {
            ".".to_owned()
        } else {
            let first = self.lines.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let path = Line::parse(first)?.path()?;
            let top = path.split(|byte| *byte == b'/').next().unwrap_or_default();
            String::from_utf8_lossy(top).into_owned()
        };
        let content = self.writer.content(name);
        self.contents.insert(self.group, content);
        Ok(content)
    }
}
