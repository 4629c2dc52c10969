//! A small file system of its own: one that can be full, or mounted read-only.

use crate::run;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Unmounted when dropped. Mounting wants root.
pub struct Disk(TempDir);

impl Disk {
    /// `size` as `mount` takes it: `4m`.
    pub fn new(size: &str) -> Self {
        let disk = Self(TempDir::new().expect("a temporary folder"));
        disk.mount(&format!("size={size},mode=755"));
        disk
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it with a foreign file, until no more than `left` bytes are free.
    pub fn fill(&self, left: u64) {
        let stat = rustix::fs::statvfs(self.path()).expect("it is mounted");
        let length = (stat.f_bavail * stat.f_frsize).saturating_sub(left);
        let length = usize::try_from(length).expect("a small disk");
        fs::write(self.filler(), vec![0; length]).expect("it was free");
    }

    /// Removes what [`Disk::fill`] wrote.
    pub fn make_room(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    pub fn make_read_only(&self) {
        self.mount("remount,ro");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    fn mount(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(self.path());
        let ran = run(&mut mount);
        assert!(ran.code == 0, "cannot mount a tmpfs, run the tests as root: {}", ran.stderr);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a test that failed may have left a process in it for a moment.
        let _ = run(Command::new("umount").arg("-l").arg(self.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_full_when_filled() {
        let disk = Disk::new("1m");
        let small = disk.path().join("small");
        fs::write(&small, vec![1; 64 << 10]).unwrap();
        disk.fill(4096);
        let error = fs::write(disk.path().join("large"), vec![1; 64 << 10]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        disk.make_room();
        fs::write(disk.path().join("large"), vec![1; 64 << 10]).unwrap();
        disk.make_read_only();
        assert!(fs::remove_file(&small).is_err());
        let path = disk.path().to_owned();
        drop(disk);
        assert!(!path.exists());
    }
}
