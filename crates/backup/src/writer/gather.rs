//! Keeps members of one content together that arrive between others'.

use crate::codec::Codec;
use bytes::Bytes;
use std::collections::VecDeque;

/// All that waits together: memory, against the size of chunks when many contents are written at
/// once.
const WAITING: u64 = 4 << 20;

/// Neighbouring members of one part and content, compressed.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) part: &'static str,
    pub(super) content: Option<usize>,
    pub(super) raw: u64,
    pub(super) rows: u64,
    /// Of all members together.
    pub(super) length: u64,
    /// Each as it came: joining them would take twice the memory.
    pub(super) members: Vec<Bytes>,
}

#[derive(Debug)]
pub(super) struct Gather {
    /// Oldest first. All of one part, each of another content.
    runs: VecDeque<Run>,
    waiting: u64,
    most: u64,
}

impl Gather {
    pub(super) fn new(codec: Codec) -> Self {
        // Where members have no borders of their own, each is a chunk, and waiting gains nothing.
        let most = if codec.framed() { WAITING } else { 0 };
        Self { runs: VecDeque::new(), waiting: 0, most }
    }

    /// One that gathers nothing.
    pub(super) fn ordered() -> Self {
        Self { runs: VecDeque::new(), waiting: 0, most: 0 }
    }

    /// Takes a member and returns what is to be written now, in this order.
    pub(super) fn add(&mut self, member: Run) -> Vec<Run> {
        let mut ready = Vec::new();
        if member.content.is_none() || self.runs.front().is_some_and(|run| run.part != member.part)
        {
            ready.extend(self.drain());
        }
        if member.content.is_none() || self.most == 0 {
            ready.push(member);
            return ready;
        }
        self.waiting += member.length;
        match self.runs.iter_mut().find(|run| run.content == member.content) {
            Some(run) => {
                run.raw += member.raw;
                run.rows += member.rows;
                run.length += member.length;
                run.members.extend(member.members);
            }
            None => self.runs.push_back(member),
        }
        // The largest goes: small ones then still have time to grow.
        while self.waiting > self.most
            && let Some(largest) = (0..self.runs.len()).max_by_key(|at| self.runs[*at].length)
            && let Some(run) = self.runs.remove(largest)
        {
            self.waiting -= run.length;
            ready.push(run);
        }
        ready
    }

    pub(super) fn drain(&mut self) -> Vec<Run> {
        self.waiting = 0;
        self.runs.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(part: &'static str, content: Option<usize>, size: u64) -> Run {
        Run { part, content, raw: size, rows: 1, length: size, members: vec![Bytes::new()] }
    }

    fn shape(runs: &[Run]) -> Vec<(&'static str, Option<usize>, u64)> {
        runs.iter().map(|run| (run.part, run.content, run.raw)).collect()
    }

    #[test]
    fn members_of_two_tables_in_turn_become_long_runs() {
        let mut gather = Gather::new(Codec::Gzip(6));
        let mut written = Vec::new();
        for _ in 0..200 {
            written.extend(gather.add(member("data", Some(0), 100 << 10)));
            written.extend(gather.add(member("data", Some(1), 100 << 10)));
        }
        written.extend(gather.drain());
        assert!(written.len() < 25, "{}", written.len());
        assert_eq!(written.iter().map(|run| run.rows).sum::<u64>(), 400);
        assert_eq!(written.iter().map(|run| run.raw).sum::<u64>(), 400 * (100 << 10));
    }

    #[test]
    fn parts_and_what_has_no_content_keep_their_order() {
        let mut gather = Gather::new(Codec::Gzip(6));
        let mut written = Vec::new();
        for (part, content) in [
            ("pre", None),
            ("data", Some(0)),
            ("data", Some(1)),
            ("data", Some(0)),
            ("data", None),
            ("data", Some(1)),
            ("post", Some(2)),
            ("post", None),
        ] {
            written.extend(gather.add(member(part, content, 10)));
        }
        assert_eq!(
            shape(&written),
            [
                ("pre", None, 10),
                ("data", Some(0), 20),
                ("data", Some(1), 10),
                ("data", None, 10),
                ("data", Some(1), 10),
                ("post", Some(2), 10),
                ("post", None, 10),
            ]
        );
        assert!(gather.drain().is_empty());
    }
}
