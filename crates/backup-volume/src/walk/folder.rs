//! One open folder: its handle, and what is in it.

use rustix::fs::{Dir, Mode, OFlags, openat};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use task::{Error, Exit};

/// A folder can have millions of names, so they lie in one piece of memory.
pub(crate) struct Folder {
    pub(crate) fd: Arc<OwnedFd>,
    pub(crate) path: Vec<u8>,
    names: Vec<u8>,
    /// Where each ends, the last of the sorted order first.
    left: Vec<(u32, u32)>,
}

impl Folder {
    pub(crate) fn read(path: Vec<u8>, fd: Arc<OwnedFd>) -> Result<Self, Errno> {
        let (mut names, mut left) = (Vec::new(), Vec::new());
        for entry in Dir::read_from(&*fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                let place = |at: usize| u32::try_from(at).map_err(|_| Errno::NOMEM);
                left.push((place(names.len())?, place(names.len() + name.len())?));
                names.extend_from_slice(name);
            }
        }
        let name = |place: &(u32, u32)| &names[place.0 as usize..place.1 as usize];
        left.sort_unstable_by(|one, other| name(other).cmp(name(one)));
        Ok(Self { fd, path, names, left })
    }

    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        let (start, end) = self.left.pop()?;
        Some(self.names[start as usize..end as usize].to_vec())
    }

    pub(crate) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        if self.path.is_empty() { name.to_vec() } else { [&self.path, &b"/"[..], name].concat() }
    }
}

pub(crate) fn open(parent: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// A pipe in the file's place must not make us wait.
pub(crate) fn open_file(parent: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// The exit code of what the kernel refuses.
pub(crate) fn explain(cause: Errno, message: &str) -> Error {
    let exit = match cause {
        Errno::ACCESS | Errno::PERM | Errno::NOENT | Errno::NOTDIR | Errno::ROFS => Exit::Usage,
        _ => Exit::Failed,
    };
    Error::new(exit, message).because(cause)
}
