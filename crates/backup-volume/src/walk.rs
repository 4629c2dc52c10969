//! Goes through the volume by handles of its folders, in sorted order and never through a symbolic
//! link, and says what is to be done with each thing.

mod facts;
mod folder;
mod links;
mod root;

pub(crate) use facts::{ctime, entry};
pub(crate) use folder::explain;
pub(crate) use root::Root;

use crate::batch::{Batch, Known, Task as Work, Thing};
use crate::chain::Compare;
use crate::entry::{Entry, Kind, shown};
use crate::exclude::Exclude;
use crate::large::{Large, PIECE};
use facts::map;
use folder::Folder;
use links::Links;
use rustix::fs::{AtFlags, FileType, Stat, statat};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use task::Result;
use tracing::info;

/// Content of a batch: what one worker reads and compresses at once.
const CONTENT: u64 = 1 << 20;
/// And so many things at most: some hold a file open.
const THINGS: usize = 256;
/// Lines alone take little.
const LINES: usize = 4096;
/// Top folders that the manifest counts by themselves.
const GROUPS: usize = 256;

/// What has to be left out, and why, where that is no choice of the user's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It cannot be read: the backup lacks it.
    Unreadable(String),
    /// It changed or vanished while it was read.
    Changed(String),
    /// No archive can hold it.
    Ignored(String),
}

/// What the walk hands on, in order.
pub(crate) enum Step {
    Batch(Batch),
    Large(Box<Large>),
    Trouble(Trouble),
}

pub(crate) struct Walk<'a> {
    pub(crate) exclude: &'a Exclude,
    /// Stay on the file system of the root.
    pub(crate) one_file_system: bool,
    /// Folders that must not be saved into themselves.
    pub(crate) stores: &'a [(u64, u64)],
    /// What the last backup says.
    pub(crate) compare: Option<Compare>,
    pub(crate) send: &'a mut dyn FnMut(Step) -> Result<()>,
}

struct Going<'a, 'b> {
    walk: &'b mut Walk<'a>,
    device: u64,
    links: Links,
    batch: Batch,
    content: u64,
    groups: usize,
}

impl Walk<'_> {
    /// All that is below `root`, and that itself.
    pub(crate) fn go(mut self, root: Root) -> Result<()> {
        let Root { fd, stat, entry } = root;
        let fd = Arc::new(fd);
        let mut going = Going {
            device: stat.st_dev,
            walk: &mut self,
            links: Links::default(),
            batch: Batch::default(),
            content: 0,
            groups: 0,
        };
        let mut open = Vec::new();
        going.add(thing(entry, &stat, Work::Ready, &fd))?;
        going.list(&[], fd, &mut open)?;
        while let Some(folder) = open.last_mut() {
            match folder.next() {
                Some(name) => {
                    let path = folder.path_of(&name);
                    let (fd, top) = (Arc::clone(&folder.fd), folder.path.is_empty());
                    going.thing(path, &name, &fd, top, &mut open)?;
                }
                None => {
                    open.pop();
                }
            }
        }
        going.flush()
    }
}

impl Going<'_, '_> {
    fn thing(
        &mut self,
        path: Vec<u8>,
        name: &[u8],
        parent: &Arc<OwnedFd>,
        top: bool,
        open: &mut Vec<Folder>,
    ) -> Result<()> {
        if top {
            self.group(0)?;
        }
        let stat = match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => {
                return self.say(Trouble::Changed(format!("{}: it vanished", shown(&path))));
            }
            Err(cause) => return self.unreadable(&path, cause),
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if self.walk.exclude.matches(&path, kind == FileType::Directory) {
            return Ok(());
        }
        match kind {
            FileType::Directory => {
                if self.walk.stores.contains(&(stat.st_dev, stat.st_ino)) {
                    info!("leaving out {}: it is the store", shown(&path));
                    return Ok(());
                }
                if top && self.groups < GROUPS {
                    self.groups += 1;
                    self.group(self.groups)?;
                }
                let entered = self.walk.folder_if_same_device(&stat, self.device);
                let (fd, cause) = match folder::open(parent, name) {
                    _ if !entered => (None, None),
                    Ok(fd) => (Some(Arc::new(fd)), None),
                    Err(cause) => (None, Some(cause)),
                };
                if let Some(fd) = fd {
                    return self.enter(&path, &fd, &stat, open);
                }
                let entry = entry(path.clone(), Kind::Directory, &stat);
                self.add(thing(entry, &stat, Work::Attributes, parent))?;
                match cause {
                    Some(cause) => self.unreadable(&path, cause),
                    None => Ok(()),
                }
            }
            FileType::RegularFile => self.file(path, name, parent, &stat),
            FileType::Symlink => {
                let entry = entry(path, Kind::Symlink, &stat);
                self.add(thing(entry, &stat, Work::Symlink, parent))
            }
            FileType::Socket => {
                self.say(Trouble::Ignored(format!("{}: a socket cannot be saved", shown(&path))))
            }
            FileType::Fifo => self.special(path, Kind::Fifo, &stat, parent),
            FileType::CharacterDevice => self.special(path, Kind::Character, &stat, parent),
            FileType::BlockDevice => self.special(path, Kind::Block, &stat, parent),
            FileType::Unknown => {
                self.say(Trouble::Unreadable(format!("{}: of an unknown kind", shown(&path))))
            }
        }
    }

    fn special(
        &mut self,
        path: Vec<u8>,
        kind: Kind,
        stat: &Stat,
        parent: &Arc<OwnedFd>,
    ) -> Result<()> {
        let entry = entry(path, kind, stat);
        self.add(thing(entry, stat, Work::Attributes, parent))
    }

    /// The folder itself, and then what is in it.
    fn enter(
        &mut self,
        path: &[u8],
        fd: &Arc<OwnedFd>,
        stat: &Stat,
        open: &mut Vec<Folder>,
    ) -> Result<()> {
        let entry = entry(path.to_vec(), Kind::Directory, stat);
        self.add(thing(entry, stat, Work::Own(Arc::clone(fd)), fd))?;
        self.list(path, Arc::clone(fd), open)
    }

    fn list(&mut self, path: &[u8], fd: Arc<OwnedFd>, open: &mut Vec<Folder>) -> Result<()> {
        match Folder::read(path.to_vec(), fd) {
            Ok(folder) => open.push(folder),
            Err(cause) => self.unreadable(path, cause)?,
        }
        Ok(())
    }

    fn file(
        &mut self,
        path: Vec<u8>,
        name: &[u8],
        parent: &Arc<OwnedFd>,
        stat: &Stat,
    ) -> Result<()> {
        let mut entry = entry(path, Kind::File, stat);
        let size = entry.size;
        if stat.st_nlink > 1
            && let Some(first) = self.links.known(stat)
        {
            entry.kind = Kind::Link;
            entry.size = 0;
            entry.link = first;
            return self.add(thing(entry, stat, Work::Ready, parent));
        }
        if let Some(compare) = &mut self.walk.compare
            && let Some(line) = compare.unchanged(&entry, stat)?
        {
            if stat.st_nlink > 1 {
                self.links.add(stat, &entry.path);
            }
            self.batch.known.push(Known { before: self.batch.things.len(), line });
            return if self.batch.known.len() >= LINES { self.flush() } else { Ok(()) };
        }
        let blocks = u64::try_from(stat.st_blocks).unwrap_or_default();
        let holes = blocks.saturating_mul(512) < size;
        if size <= PIECE && !holes && stat.st_nlink == 1 {
            self.content += size;
            return self.add(thing(entry, stat, Work::Read(None), parent));
        }
        // Others will be links to it, so that it must be there; or it is read in pieces.
        let file = match folder::open_file(parent, name) {
            Ok(file) => file,
            Err(Errno::NOENT) => {
                return self.say(Trouble::Changed(format!("{}: it vanished", shown(&entry.path))));
            }
            Err(cause) => return self.unreadable(&entry.path, cause),
        };
        let map = if holes { map(&file, size) } else { None };
        if stat.st_nlink > 1 {
            self.links.add(stat, &entry.path);
        }
        if size <= PIECE && map.is_none() {
            self.content += size;
            return self.add(thing(entry, stat, Work::Read(Some(file)), parent));
        }
        self.flush()?;
        let large = Large::new(entry, stat, file, map, self.batch.group);
        (self.walk.send)(Step::Large(Box::new(large)))
    }

    fn add(&mut self, thing: Thing) -> Result<()> {
        self.batch.things.push(thing);
        if self.content >= CONTENT || self.batch.things.len() >= THINGS {
            return self.flush();
        }
        Ok(())
    }

    /// What follows belongs to another top folder.
    fn group(&mut self, group: usize) -> Result<()> {
        if self.batch.group != group {
            self.flush()?;
            self.batch.group = group;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.content = 0;
        let next = Batch { group: self.batch.group, ..Batch::default() };
        let batch = std::mem::replace(&mut self.batch, next);
        if batch.things.is_empty() && batch.known.is_empty() {
            return Ok(());
        }
        (self.walk.send)(Step::Batch(batch))
    }

    fn unreadable(&mut self, path: &[u8], cause: Errno) -> Result<()> {
        self.say(Trouble::Unreadable(format!("{}: {cause}", shown(path))))
    }

    fn say(&mut self, trouble: Trouble) -> Result<()> {
        (self.walk.send)(Step::Trouble(trouble))
    }
}

impl Walk<'_> {
    fn folder_if_same_device(&self, stat: &Stat, device: u64) -> bool {
        !self.one_file_system || stat.st_dev == device
    }
}

fn thing(entry: Entry, stat: &Stat, work: Work, parent: &Arc<OwnedFd>) -> Thing {
    Thing { entry, ctime: ctime(stat), inode: stat.st_ino, work, parent: Arc::clone(parent) }
}
