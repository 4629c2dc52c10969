//! The last error, where Kubernetes looks for it: `kubectl describe pod` and events show it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) const VARIABLE: &str = "TERMINATION_LOG";
pub(crate) const DEFAULT: &str = "/dev/termination-log";
/// Kubernetes keeps 4096 bytes, and 12 KiB for all containers of a pod.
const LIMIT: usize = 2048;

/// Where it is while no settings are known.
pub(crate) fn path() -> PathBuf {
    std::env::var_os(VARIABLE).map_or_else(|| DEFAULT.into(), PathBuf::from)
}

/// Writes one line, if the file is there. That it is not, or may not be written, is of no matter:
/// the log has the error too.
pub(crate) fn write(path: &Path, error: &str) {
    if let Ok(mut file) = OpenOptions::new().write(true).truncate(true).open(path) {
        let _ = file.write_all(line(error).as_bytes());
    }
}

fn line(error: &str) -> String {
    let mut line = error.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() > LIMIT {
        line.truncate(line.floor_char_boundary(LIMIT - "…".len()));
        line.push('…');
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line_of_bounded_length() {
        assert_eq!(line("no\n  table\n\"x\""), "no table \"x\"\n");
        let long = line(&"é".repeat(5000));
        assert!(long.len() <= LIMIT + 1 && long.ends_with("é…\n"), "{}", long.len());
    }
}
