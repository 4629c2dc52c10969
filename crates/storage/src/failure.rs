//! What an I/O error means to whoever runs the task, and what he can do.

use std::io::{self, ErrorKind};
use task::{Error, Result};

/// Turns the error of one call into ours: `what` says what failed, on what.
pub fn explain(cause: io::Error, what: &str) -> Error {
    let error = match cause.kind() {
        ErrorKind::PermissionDenied => Error::usage(format!(
            "{what}: not permitted to uid {}, gid {}: give that user the directory (fsGroup in \
             Kubernetes, chown elsewhere) or run as its owner",
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        )),
        ErrorKind::ReadOnlyFilesystem => {
            Error::usage(format!("{what}: it is mounted read-only: mount a volume there"))
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::failed(format!(
            "{what}: no space left: make room, or keep fewer backups, then try again"
        )),
        ErrorKind::InvalidFilename => Error::usage(format!("{what}: the name is too long")),
        ErrorKind::NotFound => Error::failed(format!("{what}: it is not there")),
        _ if cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Error::usage(format!("{what}: it is a symbolic link, and those are not followed"))
        }
        _ => Error::failed(what),
    };
    error.because(cause)
}

/// [`explain`] on a result.
pub trait Explain<T> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<io::Error>> Explain<T> for Result<T, E> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| explain(cause.into(), &what()))
    }
}
