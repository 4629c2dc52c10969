//! What "the content is right" means for an archive: every header and content in it is looked at again,
//! and must be what its line in the index says, which the manifest's sums are compared with.
//!
//! Members are hashed and parsed on several threads, in no order. What they were found to hold is then
//! put in the order of the archive, where a content goes on from one member to the next, and the
//! index follows what it tells of.

use crate::entry::{Entry, shown};
use crate::index::{self, Line};
use crate::large::{Hashes, PIECE};
use crate::tar::{BLOCK, Item, Reader, padding};
use backup::manifest::{Chunk, Tally};
use backup::readback::Check;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use task::{Error, Result};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The part with the blocks that end an archive.
pub(crate) const END: &str = "end";

/// Checks one archive.
#[derive(Default)]
pub(crate) struct Proof(Mutex<InOrder>);

/// What one member holds.
enum Found {
    /// Headers and content, or else a piece of a content: which of the two, only what comes before
    /// tells.
    Data { length: u64, hash: u128, parsed: Result<Parsed> },
    /// The lines of the index whose content is in this archive.
    Index(Vec<(u64, String)>),
    /// The root once more, and the end.
    End(u64),
}

#[derive(Default)]
struct Parsed {
    /// A hash of each entry's facts.
    facts: Vec<u64>,
    /// The last one, if its content goes on in the next member.
    open: Option<(Entry, u64)>,
}

/// The same for whoever has the members in order.
#[derive(Default)]
pub(crate) struct InOrder {
    /// Where the next member begins.
    next: u64,
    /// Members that came before their turn.
    early: BTreeMap<u64, (u64, Found)>,
    /// Seen in the archive, and not yet in the index.
    facts: VecDeque<u64>,
    /// The entry whose content goes on, how much of it is to come, and the hashes of what came.
    open: Option<(Entry, u64, Hashes)>,
    /// The first that was seen.
    root: Option<u64>,
    ended: bool,
}

impl Check for Proof {
    fn member(&self, chunk: &Chunk, place: Range<u64>, raw: &[u8]) -> Result<Tally> {
        let (found, tally) = look(&chunk.part, raw)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.early.insert(place.start, (place.end, found));
        let mut next = state.next;
        while let Some((end, found)) = state.early.remove(&next) {
            state.take(found)?;
            next = end;
            state.next = next;
        }
        Ok(tally)
    }

    fn end(&self) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).end()
    }
}

fn look(part: &str, raw: &[u8]) -> Result<(Found, Tally)> {
    if part == index::PART {
        return indexed(raw);
    }
    let none = Tally::default();
    if part == END {
        return ended(raw).map(|root| (Found::End(root), none));
    }
    Ok((Found::Data { length: raw.len() as u64, hash: xxh3_128(raw), parsed: parsed(raw) }, none))
}

fn ended(raw: &[u8]) -> Result<u64> {
    let (mut reader, mut rest) = (Reader::default(), raw);
    let mut next = || reader.next(&mut rest);
    match (next()?, next()?, next()?, next()?) {
        (Some(Item::Entry(root)), Some(Item::End), Some(Item::End), None) if root.stored == 0 => {
            let mut facts = Vec::new();
            root.entry.facts(None, &mut facts);
            Ok(xxh3_64(&facts))
        }
        _ => Err(Error::integrity("the archive does not end as it should")),
    }
}

fn indexed(raw: &[u8]) -> Result<(Found, Tally)> {
    let (mut reader, mut rest) = (Reader::default(), raw);
    let (mut own, mut tally) = (Vec::new(), Tally::default());
    while let Some(item) = reader.next(&mut rest)? {
        let Item::Comment(comment) = item else {
            return Err(Error::integrity("something lies in the file index that is no line of it"));
        };
        let lines = index::lines(comment)?;
        tally.add(index::tally(lines));
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line = Line::parse(line)?;
            if line.home.is_none() {
                own.push((xxh3_64(line.facts), shown(&line.path()?)));
            }
        }
    }
    Ok((Found::Index(own), tally))
}

fn parsed(raw: &[u8]) -> Result<Parsed> {
    let (mut reader, mut rest) = (Reader::default(), raw);
    let mut parsed = Parsed::default();
    let mut facts = Vec::new();
    let mut note = |entry: &Entry, hash| {
        facts.clear();
        entry.facts(hash, &mut facts);
        xxh3_64(&facts)
    };
    let mut last: Option<(Entry, u64)> = None;
    while let Some(item) = reader.next(&mut rest)? {
        match item {
            Item::Entry(found) => {
                if found.stored > 0 {
                    last = Some((found.entry, found.stored));
                } else {
                    let hash =
                        (found.entry.kind == crate::entry::Kind::File).then(|| xxh3_128(b""));
                    parsed.facts.push(note(&found.entry, hash));
                }
            }
            Item::Content(content) => {
                let (entry, stored) = last.take().unwrap_or_default();
                if content.len() as u64 != stored {
                    return Err(Error::integrity("a content ends within a member"));
                }
                parsed.facts.push(note(&entry, Some(xxh3_128(content))));
            }
            Item::Comment(_) | Item::End => {
                return Err(Error::integrity("something lies between the entries that is none"));
            }
        }
    }
    parsed.open = last;
    Ok(parsed)
}

impl InOrder {
    /// The next member.
    pub(crate) fn member(&mut self, part: &str, raw: &[u8]) -> Result<()> {
        let (found, _) = look(part, raw)?;
        self.take(found)
    }

    pub(crate) fn end(&self) -> Result<()> {
        let whole = self.early.is_empty() && self.facts.is_empty() && self.open.is_none();
        if whole && self.ended {
            return Ok(());
        }
        Err(Error::integrity("the archive ends before all that it holds is in its index"))
    }

    fn take(&mut self, found: Found) -> Result<()> {
        if self.ended {
            return Err(Error::integrity("the archive goes on behind its end"));
        }
        match found {
            Found::Data { length, hash, parsed } => {
                if let Some((entry, left, hashes)) = self.open.take() {
                    return self.piece(entry, left, hashes, length, hash);
                }
                let parsed = parsed?;
                self.root = self.root.or(parsed.facts.first().copied());
                self.facts.extend(parsed.facts);
                self.open = parsed.open.map(|(entry, stored)| (entry, stored, Hashes::default()));
                Ok(())
            }
            Found::Index(own) => {
                for (hash, path) in own {
                    if self.facts.pop_front() != Some(hash) {
                        return Err(Error::integrity(format!(
                            "the archive does not hold {path} as its index says"
                        )));
                    }
                }
                Ok(())
            }
            Found::End(root) => {
                self.ended = true;
                if self.root == Some(root) {
                    return Ok(());
                }
                Err(Error::integrity("the archive does not end with the folder it begins with"))
            }
        }
    }

    fn piece(
        &mut self,
        entry: Entry,
        left: u64,
        mut hashes: Hashes,
        length: u64,
        hash: u128,
    ) -> Result<()> {
        hashes.add(hash);
        if left > PIECE && length == PIECE {
            self.open = Some((entry, left - PIECE, hashes));
            return Ok(());
        }
        if left > PIECE || length != left + padding(left) as u64 {
            let path = shown(&entry.path);
            return Err(Error::integrity(format!(
                "the content of {path} is cut short, or goes on too long"
            )));
        }
        debug_assert!(length.is_multiple_of(BLOCK as u64));
        let mut facts = Vec::new();
        entry.facts(Some(hashes.finish()), &mut facts);
        self.facts.push_back(xxh3_64(&facts));
        Ok(())
    }
}
