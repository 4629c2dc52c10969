//! What is written and not on the disk yet, kept small. In a container such pages count as its memory,
//! and where cgroups are of version 1 nothing slows a writer down before it is killed for them.

use rustix::fs::syncfs;
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

/// Bytes that may wait for the disk.
const MOST: u64 = 8 << 20;

/// One for all that writes to a file system at once.
#[derive(Debug, Default)]
pub struct Unwritten(Mutex<u64>);

impl Unwritten {
    /// To be called when so many bytes were written to the file system of `place`, on a thread that
    /// may wait: now and then it waits for the disk, and all others with it.
    pub fn add(&self, bytes: u64, place: impl AsFd) -> std::io::Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting += bytes;
        if *waiting >= MOST {
            syncfs(place)?;
            *waiting = 0;
        }
        Ok(())
    }
}
