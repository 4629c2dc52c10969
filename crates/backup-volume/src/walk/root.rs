//! The directory that is backed up.

use super::{entry, explain};
use crate::attributes::Attributer;
use crate::entry::{Entry, Kind};
use rustix::fs::{Mode, OFlags, Stat, fstat};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use task::Result;

pub(crate) struct Root {
    pub(crate) fd: OwnedFd,
    pub(crate) stat: Stat,
    /// Whole: it stands in the archive twice, and must be the same both times.
    pub(crate) entry: Entry,
}

impl Root {
    pub(crate) fn open(source: &Path) -> Result<Self> {
        let shown = source.display();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(source, flags, Mode::empty()).map_err(|cause| {
            let message = format!(
                "cannot open the directory {shown}: mount the volume there, or name another with \
                 --source"
            );
            explain(cause, &message)
        })?;
        let look = || -> Result<_, rustix::io::Errno> {
            Ok((fstat(&fd)?, Attributer::new().of(fd.as_fd())?))
        };
        let (stat, attributes) =
            look().map_err(|cause| explain(cause, &format!("cannot look at {shown}")))?;
        let entry = Entry { attributes, ..entry(Vec::new(), Kind::Directory, &stat) };
        Ok(Self { fd, stat, entry })
    }
}
