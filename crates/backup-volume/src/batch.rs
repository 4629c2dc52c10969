//! Some neighbouring things of the volume, of which one worker makes a part of the archive and the
//! lines of the index.

use crate::attributes::Attributer;
use crate::entry::{Entry, Kind, Time, shown};
use crate::tar::Writer;
use crate::walk::{Trouble, ctime, entry};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat, readlinkat};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// How often a file that changes while it is read is read again.
const TRIES: usize = 3;

#[derive(Default)]
pub(crate) struct Batch {
    /// 0 for what lies in the root itself, or else which top folder it is in.
    pub(crate) group: usize,
    pub(crate) things: Vec<Thing>,
    pub(crate) known: Vec<Known>,
}

/// A file whose content an earlier backup holds.
pub(crate) struct Known {
    /// How many things stand before it.
    pub(crate) before: usize,
    pub(crate) line: Vec<u8>,
}

pub(crate) struct Thing {
    pub(crate) entry: Entry,
    pub(crate) ctime: Time,
    pub(crate) inode: u64,
    pub(crate) work: Task,
    pub(crate) parent: Arc<OwnedFd>,
}

/// What is still to be found out.
pub(crate) enum Task {
    /// The content and attributes; the file is open already where others are links to it.
    Read(Option<OwnedFd>),
    /// The attributes of an open folder.
    Own(Arc<OwnedFd>),
    /// The attributes of what cannot be opened.
    Attributes,
    /// The same, and where it points.
    Symlink,
    /// Nothing.
    Ready,
}

/// What became of a batch.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) archive: Vec<u8>,
    pub(crate) lines: Vec<u8>,
    pub(crate) troubles: Vec<Trouble>,
    /// Bytes of files.
    pub(crate) content: u64,
}

impl Batch {
    /// Into a buffer that was used before.
    pub(crate) fn make(self, tool: &mut Attributer, mut archive: Vec<u8>) -> Made {
        archive.clear();
        let mut made = Made { archive, ..Made::default() };
        let mut known = self.known.into_iter().peekable();
        for (place, thing) in self.things.into_iter().enumerate() {
            while let Some(known) = known.next_if(|known| known.before <= place) {
                made.known(&known);
            }
            made.thing(thing, tool);
        }
        known.for_each(|known| made.known(&known));
        made
    }
}

impl Made {
    fn known(&mut self, known: &Known) {
        self.lines.extend_from_slice(&known.line);
        self.lines.push(b'\n');
    }

    fn thing(&mut self, mut thing: Thing, tool: &mut Attributer) {
        let name =
            thing.entry.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
        let beside = |tool: &mut Attributer| tool.beside(thing.parent.as_fd(), &name);
        let found = match &mut thing.work {
            Task::Read(file) => {
                let opened = match file.take() {
                    Some(file) => Ok(file),
                    None => open(&thing.parent, &name),
                };
                match opened {
                    Ok(file) => return self.file(&thing, &name, file, tool),
                    Err(cause) => Err(cause),
                }
            }
            Task::Own(folder) => tool.of(folder.as_fd()),
            Task::Attributes => beside(tool),
            Task::Symlink => readlinkat(&thing.parent, &name[..], Vec::new()).and_then(|link| {
                thing.entry.link = link.into_bytes();
                beside(tool)
            }),
            Task::Ready => Ok(std::mem::take(&mut thing.entry.attributes)),
        };
        match found {
            Ok(attributes) => {
                thing.entry.attributes = attributes;
                Writer(&mut self.archive).entry(&thing.entry, 0, None);
                self.line(&thing.entry, thing.ctime, thing.inode, None);
            }
            Err(cause) => self.lost(&thing.entry, cause),
        }
    }

    fn lost(&mut self, entry: &Entry, cause: Errno) {
        let path = shown(&entry.path);
        self.troubles.push(match cause {
            Errno::NOENT => Trouble::Changed(format!("{path}: it vanished")),
            // It became a symbolic link, or is no link any more.
            Errno::LOOP | Errno::INVAL => {
                Trouble::Changed(format!("{path}: it became something else"))
            }
            cause => Trouble::Unreadable(format!("{path}: {cause}")),
        });
    }

    /// Header and content, as of one moment if it can be had.
    fn file(&mut self, thing: &Thing, name: &[u8], mut file: OwnedFd, tool: &mut Attributer) {
        let (head, path) = (self.archive.len(), thing.entry.path.clone());
        for left in (0..TRIES).rev() {
            self.archive.truncate(head);
            match self.once(&path, &file, tool) {
                Ok((entry, stat, sum, whole)) => {
                    if !whole && left > 0 {
                        // It may have been replaced by another one of its name.
                        if let Ok(again) = open(&thing.parent, name) {
                            file = again;
                        }
                        continue;
                    }
                    if !whole {
                        let path = shown(&path);
                        self.troubles.push(Trouble::Changed(format!(
                            "{path}: it changed while it was read"
                        )));
                    }
                    self.content += entry.size;
                    self.line(&entry, ctime(&stat), stat.st_ino, Some(sum));
                    return;
                }
                Err(cause) => {
                    self.archive.truncate(head);
                    self.lost(&thing.entry, cause);
                    return;
                }
            }
        }
    }

    /// Whether it stayed as it was is the last of what comes back.
    fn once(
        &mut self,
        path: &[u8],
        file: &OwnedFd,
        tool: &mut Attributer,
    ) -> Result<(Entry, Stat, u128, bool), Errno> {
        let before = fstat(file)?;
        if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
            return Err(Errno::LOOP);
        }
        let mut entry = entry(path.to_vec(), Kind::File, &before);
        // One that has grown large is not read whole; it is named as changed.
        let grown = entry.size > LARGEST;
        entry.size = entry.size.min(LARGEST);
        entry.attributes = tool.of(file.as_fd())?;
        Writer(&mut self.archive).entry(&entry, entry.size, None);
        let start = self.archive.len();
        let size = usize::try_from(entry.size).unwrap_or_default();
        self.archive.resize(start + size, 0);
        // What has shrunk is filled up with zeros, for the header says how long it is.
        let length = read_at(file, &mut self.archive[start..], 0)?;
        let hash = xxhash_rust::xxh3::xxh3_128(&self.archive[start..]);
        Writer(&mut self.archive).pad(entry.size);
        let after = fstat(file)?;
        Ok((entry, before, hash, !grown && length == size && same(&before, &after)))
    }

    fn line(&mut self, entry: &Entry, ctime: Time, inode: u64, hash: Option<u128>) {
        line(entry, ctime, inode, hash, &mut self.lines);
    }
}

/// A file of a batch is not larger than this, even if it has grown since the walk saw it.
const LARGEST: u64 = 4 << 20;

/// A line of the index for what is in this archive.
pub(crate) fn line(
    entry: &Entry,
    ctime: Time,
    inode: u64,
    hash: Option<u128>,
    lines: &mut Vec<u8>,
) {
    lines.extend_from_slice(format!("{ctime} {inode} - ").as_bytes());
    entry.facts(hash, lines);
    lines.push(b'\n');
}

fn open(parent: &OwnedFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// Whether nothing was written between the two.
pub(crate) fn same(before: &Stat, after: &Stat) -> bool {
    let state = |stat: &Stat| {
        (stat.st_size, stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec)
    };
    state(before) == state(after)
}

/// As many bytes as there are.
pub(crate) fn read_at(file: &OwnedFd, to: &mut [u8], offset: u64) -> Result<usize, Errno> {
    let mut filled = 0;
    while filled < to.len() {
        match rustix::io::pread(file, &mut to[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(filled)
}
