//! Files, links and folders out of one archive. Folders get their attributes at the end, when nothing
//! is put into them any more.

use super::Restored;
use super::members::Members;
use super::select::Selection;
use super::target::Target;
use crate::entry::{Entry, Kind, order, shown};
use crate::index::{Line, Reading};
use crate::proof::{END, InOrder};
use crate::tar::{Item, Map, Reader};
use backup::source::Source;
use bytes::Bytes;
use rustix::io::Errno;
use std::cmp::Ordering;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use task::{Error, Result, Task};

/// What the newest backup's index says this older archive has.
pub(super) struct Wanted {
    reading: Reading,
    home: String,
    line: Option<(Vec<u8>, Bytes)>,
}

impl Wanted {
    pub(super) fn new(newest: &Source, home: &str) -> Self {
        Self { reading: Reading::open(newest), home: home.to_owned(), line: None }
    }

    /// Whether the next that is wanted is this one; asked for each file, in order.
    fn has(&mut self, path: &[u8]) -> Result<bool> {
        loop {
            if self.line.is_none() {
                let Some(text) = self.reading.next()? else { return Ok(false) };
                let line = Line::parse(&text)?;
                if line.home != Some(&*self.home) {
                    continue;
                }
                let wanted = line.path()?;
                self.line = Some((wanted, text));
            }
            let Some((wanted, _)) = &self.line else { return Ok(false) };
            match order(wanted, path) {
                // `holds` has looked whether all of them are there.
                Ordering::Less => self.line = None,
                Ordering::Equal => return Ok(true),
                Ordering::Greater => return Ok(false),
            }
        }
    }
}

pub(super) struct Extract {
    selection: Arc<Selection>,
    /// None for the newest archive, all of which is wanted.
    wanted: Option<Wanted>,
    task: Task,
    proof: InOrder,
    reader: Reader,
    writing: Option<Writing>,
}

/// A file whose content comes.
struct Writing {
    entry: Entry,
    /// None where it is not wanted, or failed.
    file: Option<OwnedFd>,
    /// Where holes are, or what is known of that yet.
    holes: Holes,
    at: u64,
}

enum Holes {
    None,
    /// The map is not whole yet.
    Unknown(Vec<u8>),
    /// What is left of it.
    Known(Map),
}

impl Extract {
    pub(super) fn new(selection: Arc<Selection>, wanted: Option<Wanted>, task: Task) -> Self {
        let (proof, reader) = (InOrder::default(), Reader::default());
        Self { selection, wanted, task, proof, reader, writing: None }
    }

    pub(super) fn run(
        mut self,
        mut members: Members,
        target: &mut Target,
        restored: &mut Restored,
    ) -> Result<()> {
        while let Some((part, raw)) = members.next()? {
            if self.task.stopping().is_cancelled() {
                return Err(Error::stopped());
            }
            self.proof.member(&part, &raw)?;
            if part == END {
                continue;
            }
            let mut rest = &raw[..];
            while let Some(item) = self.reader.next(&mut rest)? {
                match item {
                    Item::Entry(found) => {
                        self.end(target, restored);
                        self.begin(found.entry, found.sparse, target, restored)?;
                    }
                    Item::Content(content) => self.content(content, target, restored)?,
                    Item::Comment(_) | Item::End => {}
                }
            }
            if self.reader.remaining() == 0 {
                self.end(target, restored);
            }
        }
        self.proof.end()
    }

    fn begin(
        &mut self,
        mut entry: Entry,
        sparse: bool,
        target: &mut Target,
        restored: &mut Restored,
    ) -> Result<()> {
        let wanted = match &mut self.wanted {
            Some(wanted) => entry.kind == Kind::File && wanted.has(&entry.path)?,
            None => true,
        };
        let place = self.selection.place(&entry.path).filter(|_| wanted).map(<[u8]>::to_vec);
        if entry.kind == Kind::File {
            let file = match place {
                Some(place) => {
                    entry.path = place;
                    kept(&entry.path, target.file(&entry.path), restored)
                }
                None => None,
            };
            let holes = if sparse { Holes::Unknown(Vec::new()) } else { Holes::None };
            self.writing = Some(Writing { entry, file, holes, at: 0 });
            return Ok(());
        }
        if place.is_none() {
            return Ok(());
        }
        let made = match entry.kind {
            Kind::Directory => {
                let made = target.folder(&entry.path);
                if !entry.attributes.is_empty() {
                    restored
                        .folders
                        .push((entry.path.clone(), std::mem::take(&mut entry.attributes)));
                }
                made
            }
            // Its file may come from another archive.
            Kind::Link => return Ok(()),
            _ => target.special(&entry),
        };
        if kept(&entry.path, made, restored).is_some() {
            restored.entries += 1;
        }
        Ok(())
    }

    fn content(&mut self, content: &[u8], target: &Target, restored: &mut Restored) -> Result<()> {
        let Some(writing) = &mut self.writing else {
            return Err(Error::integrity("content without an entry"));
        };
        if let Err(cause) = writing.take(content, target)? {
            restored.fail(format!("{}: {cause}", shown(&writing.entry.path)));
            writing.file = None;
        }
        Ok(())
    }

    /// Gives a file that is whole its attributes.
    fn end(&mut self, target: &mut Target, restored: &mut Restored) {
        let Some(Writing { entry, file: Some(file), .. }) = self.writing.take() else { return };
        let dressed = rustix::fs::ftruncate(&file, entry.size)
            .and_then(|()| target.dress(file.as_fd(), &entry));
        if kept(&entry.path, dressed, restored).is_some() {
            restored.entries += 1;
            restored.bytes += entry.size;
        }
    }
}

impl Writing {
    /// Within is what the kernel says, which concerns this file alone.
    fn take(&mut self, content: &[u8], target: &Target) -> Result<Result<(), Errno>> {
        let Some(file) = &self.file else { return Ok(Ok(())) };
        let held;
        let mut content = content;
        if let Holes::Unknown(start) = &mut self.holes {
            start.extend_from_slice(content);
            let Some((map, length)) = Map::decode(self.entry.size, start)? else {
                return Ok(Ok(()));
            };
            held = start.split_off(length);
            content = &held;
            self.holes = Holes::Known(map);
        }
        let Holes::Known(map) = &mut self.holes else {
            let written = target.write(file, content, self.at);
            self.at += content.len() as u64;
            return Ok(written);
        };
        while !content.is_empty() {
            let Some((offset, left)) = map.parts.first_mut() else {
                return Err(Error::integrity("a sparse file holds more than its map says"));
            };
            let length = usize::try_from(*left).unwrap_or(usize::MAX).min(content.len());
            if let Err(cause) = target.write(file, &content[..length], *offset) {
                return Ok(Err(cause));
            }
            content = &content[length..];
            *offset += length as u64;
            *left -= length as u64;
            if *left == 0 {
                map.parts.remove(0);
            }
        }
        Ok(Ok(()))
    }
}

fn kept<T>(path: &[u8], made: Result<T, Errno>, restored: &mut Restored) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(cause) => {
            restored.fail(format!("{}: {cause}", shown(path)));
            None
        }
    }
}
