//! Names of files that are not finished: known as ours whatever they will be called, and short
//! whatever that is.

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use std::ffi::CStr;
use std::os::fd::AsFd;

const PREFIX: &str = ".nightshift-";
const SUFFIX: &str = ".partial";

pub(crate) fn name() -> String {
    format!("{PREFIX}{:016x}{SUFFIX}", fastrand::u64(..))
}

pub(crate) fn is_one(name: &[u8]) -> bool {
    let digits = |name: &[u8]| name.len() == 16 && name.iter().all(u8::is_ascii_hexdigit);
    name.strip_prefix(PREFIX.as_bytes())
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()))
        .is_some_and(digits)
}

/// Removes one that no living process holds. A lock ends with whoever had it.
pub(crate) fn sweep(directory: impl AsFd, name: &CStr) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::openat(&directory, name, flags, Mode::empty()) else { return };
    if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return;
    }
    if let Err(error) = rustix::fs::unlinkat(&directory, name, AtFlags::empty()) {
        tracing::warn!(%error, ?name, "cannot remove what a killed run left");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_one_elses_file_is_taken_for_one() {
        assert!(is_one(name().as_bytes()));
        for other in [".a.partial", ".nightshift-.partial", "nightshift-0123456789abcdef.partial"] {
            assert!(!is_one(other.as_bytes()), "{other}");
        }
    }
}
