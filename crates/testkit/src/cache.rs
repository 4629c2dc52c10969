//! Where `scripts/setup` put the servers and tools: the same rule as in `scripts/cache`.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

fn folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = set("NIGHTSHIFT_CACHE") {
        return folder.into();
    }
    if is_root() {
        return "/var/cache/nightshift".into();
    }
    let home = || PathBuf::from(set("HOME").expect("HOME is set")).join(".cache");
    set("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("nightshift")
}

/// A thing in it, or a panic that says how to get it.
pub fn installed(relative: &str) -> PathBuf {
    let path = folder().join(relative);
    assert!(path.exists(), "{} is missing: run scripts/test --setup", path.display());
    path
}

/// Where `initdb` and `postgres` of this major lie, for a test that starts them its own way.
pub fn programs(major: u32) -> PathBuf {
    installed(&format!("postgres/{major}/bin"))
}

/// A command of the system, or a panic that says how to get it. Not all are on a user's path.
pub(crate) fn command(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: run scripts/test --setup"))
}

/// PostgreSQL refuses to run as root. This asks whose the process is.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
