//! The directory that is restored into. Everything in it is reached by a handle of its folder, and on
//! the way to that no symbolic link is followed, whoever made it: nothing outside can be touched.

use crate::attributes;
use crate::entry::{Entry, Kind, Time, shown};
use crate::walk::explain;
use rustix::fs::{
    AtFlags, Dev, FileType, Mode, OFlags, ResolveFlags, Timespec, Timestamps, UTIME_OMIT, chownat,
    fchmod, fchown, linkat, makedev, mkdirat, mknodat, openat, openat2, symlinkat, unlinkat,
    utimensat,
};
use rustix::io::Errno;
use rustix::process::{Gid, Uid, geteuid};
use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use storage::Unwritten;
use task::{Error, Result};
use tracing::warn;

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub(super) struct Target {
    root: OwnedFd,
    overwrite: bool,
    /// The folder that was used last.
    folder: Option<(Vec<u8>, OwnedFd)>,
    privileged: bool,
    /// Said once each.
    said: BTreeSet<String>,
    unwritten: Unwritten,
}

impl Target {
    pub(super) fn open(path: &Path, overwrite: bool) -> Result<Self> {
        let shown = path.display();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty()).map_err(|cause| {
            explain(cause, &format!("cannot open {shown} to restore into: it has to be there"))
        })?;
        let names = rustix::fs::Dir::read_from(&root)
            .map_err(|cause| explain(cause, &format!("cannot list {shown}")))?;
        let own = |name: &[u8]| name == b"." || name == b".." || name == b"lost+found";
        let full = names.flatten().any(|entry| !own(entry.file_name().to_bytes()));
        if full && !overwrite {
            return Err(Error::usage(format!(
                "{shown} is not empty: restore into an empty directory, or say --overwrite"
            )));
        }
        let privileged = geteuid().is_root();
        let (said, unwritten) = (BTreeSet::new(), Unwritten::default());
        Ok(Self { root, overwrite, folder: None, privileged, said, unwritten })
    }

    /// The folder that a path lies in, made if it is not there, and the last name of the path.
    pub(super) fn parent<'a>(&mut self, path: &'a [u8]) -> Result<(OwnedFd, &'a [u8]), Errno> {
        let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&path[..0], path),
        };
        if self.folder.as_ref().is_none_or(|known| known.0 != folder) {
            let fd = match self.reach(folder) {
                Err(Errno::NOENT) => self.make(folder)?,
                reached => reached?,
            };
            self.folder = Some((folder.to_vec(), fd));
        }
        let fd = self.folder.as_ref().map_or(&self.root, |known| &known.1);
        Ok((rustix::io::fcntl_dupfd_cloexec(fd, 0)?, name))
    }

    /// A folder of the target, by no symbolic link.
    fn reach(&self, folder: &[u8]) -> Result<OwnedFd, Errno> {
        if folder.is_empty() {
            return openat(&self.root, ".", FOLDER, Mode::empty());
        }
        let beneath =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.root, folder, FOLDER, Mode::empty(), beneath) {
            // An old kernel, or one that does not let containers use it; or a path that is too long.
            Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG) => self.step(folder, false),
            reached => reached,
        }
    }

    fn make(&self, folder: &[u8]) -> Result<OwnedFd, Errno> {
        self.step(folder, true)
    }

    /// The same, folder by folder.
    fn step(&self, folder: &[u8], make: bool) -> Result<OwnedFd, Errno> {
        let mut fd = openat(&self.root, ".", FOLDER, Mode::empty())?;
        for name in folder.split(|byte| *byte == b'/') {
            fd = match openat(&fd, name, FOLDER, Mode::empty()) {
                Err(Errno::NOENT) if make => {
                    mkdirat(&fd, name, Mode::RWXU)?;
                    openat(&fd, name, FOLDER, Mode::empty())?
                }
                opened => opened?,
            };
        }
        Ok(fd)
    }

    /// Makes a folder that only we can use until its turn comes in [`Target::dress_folder`].
    pub(super) fn folder(&mut self, path: &[u8]) -> Result<(), Errno> {
        if path.is_empty() {
            return Ok(());
        }
        let (parent, name) = self.parent(path)?;
        match mkdirat(&parent, name, Mode::RWXU) {
            Err(Errno::EXIST) => match openat(&parent, name, FOLDER, Mode::empty()) {
                Ok(_) => Ok(()),
                Err(Errno::NOTDIR | Errno::LOOP) if self.overwrite => {
                    unlinkat(&parent, name, AtFlags::empty())?;
                    mkdirat(&parent, name, Mode::RWXU)
                }
                Err(cause) => Err(cause),
            },
            made => made,
        }
    }

    /// Makes a file to write into.
    pub(super) fn file(&mut self, path: &[u8]) -> Result<OwnedFd, Errno> {
        let (parent, name) = self.parent(path)?;
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        self.instead(&parent, name, || openat(&parent, name, flags, mode))
    }

    /// What is in the way goes, if it may.
    fn instead<T>(
        &self,
        parent: &OwnedFd,
        name: &[u8],
        create: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        match create() {
            Err(Errno::EXIST) if self.overwrite => {
                match unlinkat(parent, name, AtFlags::empty()) {
                    // Only an empty folder goes.
                    Err(Errno::ISDIR) => unlinkat(parent, name, AtFlags::REMOVEDIR)?,
                    removed => removed?,
                }
                create()
            }
            made => made,
        }
    }

    /// Another name of a file that is there.
    pub(super) fn link(&mut self, first: &[u8], path: &[u8]) -> Result<(), Errno> {
        let (from, old) = self.parent(first)?;
        let (parent, name) = self.parent(path)?;
        self.instead(&parent, name, || linkat(&from, old, &parent, name, AtFlags::empty()))
    }

    /// A symbolic link, a pipe or a device, with all its attributes.
    pub(super) fn special(&mut self, entry: &Entry) -> Result<(), Errno> {
        let (parent, name) = self.parent(&entry.path)?;
        let mode = Mode::from_raw_mode(entry.mode);
        let device = || -> Dev { makedev(entry.device.0, entry.device.1) };
        self.instead(&parent, name, || match entry.kind {
            Kind::Symlink => symlinkat(&entry.link[..], &parent, name),
            Kind::Fifo => mknodat(&parent, name, FileType::Fifo, mode, 0),
            Kind::Character => mknodat(&parent, name, FileType::CharacterDevice, mode, device()),
            _ => mknodat(&parent, name, FileType::BlockDevice, mode, device()),
        })?;
        if self.privileged {
            let (uid, gid) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
            chownat(&parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        } else {
            self.say_owners();
        }
        for (attribute, value) in &entry.attributes {
            let set = attributes::set_beside(parent.as_fd(), name, attribute, value);
            self.attribute(&entry.path, attribute, set)?;
        }
        if entry.kind != Kind::Symlink {
            // The umask had its say.
            rustix::fs::chmodat(&parent, name, mode, AtFlags::empty())?;
        }
        utimensat(&parent, name, &times(entry.mtime), AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Owner, attributes, mode and time of a file or folder. In this order: a new owner takes setuid
    /// and capabilities away.
    pub(super) fn dress(&mut self, fd: BorrowedFd<'_>, entry: &Entry) -> Result<(), Errno> {
        if self.privileged {
            let (uid, gid) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
            fchown(fd, Some(uid), Some(gid))?;
        } else {
            self.say_owners();
        }
        for (attribute, value) in &entry.attributes {
            self.attribute(&entry.path, attribute, attributes::set(fd, attribute, value))?;
        }
        fchmod(fd, Mode::from_raw_mode(entry.mode))?;
        rustix::fs::futimens(fd, &times(entry.mtime))
    }

    pub(super) fn dress_folder(&mut self, entry: &Entry) -> Result<(), Errno> {
        let fd = self.reach(&entry.path)?;
        self.dress(fd.as_fd(), entry)
    }

    /// Who is not root may not set all of them, which is no failure, and is said.
    fn attribute(&mut self, path: &[u8], name: &[u8], set: Result<(), Errno>) -> Result<(), Errno> {
        match set {
            Err(Errno::PERM | Errno::ACCESS) if !self.privileged => {
                let name = String::from_utf8_lossy(name).into_owned();
                self.say(format!("the attribute {name} cannot be restored but by root"));
                Ok(())
            }
            Err(cause) => {
                tracing::debug!("cannot set {} of {}", String::from_utf8_lossy(name), shown(path));
                Err(cause)
            }
            Ok(()) => Ok(()),
        }
    }

    fn say_owners(&mut self) {
        self.say(
            "owners cannot be restored but by root: all will belong to who runs this".to_owned(),
        );
    }

    fn say(&mut self, what: String) {
        if !self.said.contains(&what) {
            warn!("{what}");
            self.said.insert(what);
        }
    }

    /// Into a file of [`Target::file`].
    pub(super) fn write(&self, file: &OwnedFd, bytes: &[u8], mut offset: u64) -> Result<(), Errno> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::pwrite(file, rest, offset) {
                Ok(count) => {
                    rest = &rest[count..];
                    offset += count as u64;
                }
                Err(Errno::INTR) => {}
                Err(cause) => return Err(cause),
            }
        }
        let added = self.unwritten.add(bytes.len() as u64, file);
        added.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }

    /// All that was written is on the disk.
    pub(super) fn sync(&self) -> Result<()> {
        rustix::fs::syncfs(&self.root)
            .map_err(|cause| Error::failed("cannot make the restored files durable").because(cause))
    }
}

fn times(mtime: Time) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanos.into() },
    }
}
