//! What the kernel says of a thing without reading it.

use crate::entry::{Entry, Kind, Time};
use crate::tar::Map;
use rustix::fs::{SeekFrom, Stat, major, minor, seek};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};

/// All that the kernel says at once.
pub(crate) fn entry(path: Vec<u8>, kind: Kind, stat: &Stat) -> Entry {
    let device = matches!(kind, Kind::Character | Kind::Block);
    Entry {
        path,
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: time(stat.st_mtime, stat.st_mtime_nsec),
        size: if kind == Kind::File { u64::try_from(stat.st_size).unwrap_or_default() } else { 0 },
        device: if device { (major(stat.st_rdev), minor(stat.st_rdev)) } else { (0, 0) },
        link: Vec::new(),
        attributes: Vec::new(),
    }
}

pub(crate) fn ctime(stat: &Stat) -> Time {
    time(stat.st_ctime, stat.st_ctime_nsec)
}

fn time(seconds: i64, nanos: u64) -> Time {
    Time { seconds, nanos: u32::try_from(nanos).unwrap_or_default() }
}

/// Where a file has data; none if it has no holes, or its file system does not tell.
pub(super) fn map(file: &OwnedFd, size: u64) -> Option<Map> {
    let mut map = Map { size, parts: Vec::new() };
    let mut at = 0;
    while at < size {
        let start = match seek(file.as_fd(), SeekFrom::Data(at)) {
            Ok(start) => start.min(size),
            Err(Errno::NXIO) => break,
            Err(_) => return None,
        };
        let end = seek(file.as_fd(), SeekFrom::Hole(start)).ok()?.min(size);
        if end > start {
            map.parts.push((start, end - start));
        }
        at = end.max(start + 1);
    }
    (map.data() < size).then(|| map.bounded())
}
