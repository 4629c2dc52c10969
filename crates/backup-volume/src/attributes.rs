//! Extended attributes: access lists, capabilities, and what users set.

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr, lgetxattr, llistxattr, lsetxattr};
use rustix::io::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The kernel's own limit for a list and for a value.
const LARGEST: usize = 64 << 10;

pub(crate) type Attributes = Vec<(Vec<u8>, Vec<u8>)>;

/// Room to read them into, kept from file to file.
pub(crate) struct Attributer {
    list: Vec<u8>,
    value: Vec<u8>,
}

impl Attributer {
    pub(crate) fn new() -> Self {
        Self { list: vec![0; LARGEST], value: vec![0; LARGEST] }
    }

    /// Of an open file or folder, sorted by name.
    pub(crate) fn of(&mut self, fd: BorrowedFd<'_>) -> Result<Attributes, Errno> {
        let length = none_if_unknown(flistxattr(fd, &mut self.list[..]))?;
        self.values(length, |name, value| fgetxattr(fd, name, value))
    }

    /// Of what cannot be opened: a symbolic link, a device.
    pub(crate) fn beside(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &[u8],
    ) -> Result<Attributes, Errno> {
        let path = through(folder, name);
        let length = none_if_unknown(llistxattr(&path[..], &mut self.list[..]))?;
        self.values(length, |name, value| lgetxattr(&path[..], name, value))
    }

    fn values(
        &mut self,
        length: usize,
        get: impl Fn(&[u8], &mut [u8]) -> Result<usize, Errno>,
    ) -> Result<Attributes, Errno> {
        let mut found = Vec::new();
        for name in self.list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            match get(name, &mut self.value) {
                Ok(length) => found.push((name.to_vec(), self.value[..length].to_vec())),
                // Listed, and then gone or only to be seen.
                Err(Errno::NODATA | Errno::NOTSUP) => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// A file system without them has none.
fn none_if_unknown(listed: Result<usize, Errno>) -> Result<usize, Errno> {
    match listed {
        Err(Errno::NOTSUP | Errno::NOSYS) => Ok(0),
        listed => listed,
    }
}

pub(crate) fn set(fd: BorrowedFd<'_>, name: &[u8], value: &[u8]) -> Result<(), Errno> {
    fsetxattr(fd, name, value, XattrFlags::empty())
}

pub(crate) fn set_beside(
    folder: BorrowedFd<'_>,
    at: &[u8],
    name: &[u8],
    value: &[u8],
) -> Result<(), Errno> {
    lsetxattr(&through(folder, at)[..], name, value, XattrFlags::empty())
}

/// There are no such calls with a handle of the folder; this path is as good.
fn through(folder: BorrowedFd<'_>, name: &[u8]) -> Vec<u8> {
    let mut path = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
    path.extend_from_slice(name);
    path
}
