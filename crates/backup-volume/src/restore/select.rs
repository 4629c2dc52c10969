//! Which entries are to be brought back.

use crate::entry::{Kind, shown, within};
use crate::index::{Line, Reading};
use backup::source::Source;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use task::{Error, Result, blocking};

#[derive(Debug, Default)]
pub(super) struct Selection {
    /// None means all.
    paths: Vec<Vec<u8>>,
    /// Files that are not wanted themselves, but hold the content of a link that is; and what they
    /// are to be called.
    renamed: BTreeMap<Vec<u8>, Vec<u8>>,
    /// So many entries.
    pub(super) count: u64,
}

impl Selection {
    /// Refuses a path that the backup does not hold, before anything is written.
    pub(super) async fn new(source: &Source, paths: &[OsString]) -> Result<Self> {
        let paths: Vec<_> = paths.iter().map(|path| plain(path.as_bytes())).collect();
        if paths.is_empty() {
            let count = source.manifest().contents.iter().map(|content| content.tally.rows).sum();
            return Ok(Self { count, ..Self::default() });
        }
        let mut reading = Reading::open(source);
        let file = source.manifest().artifact.file.clone();
        blocking(move || {
            let mut selection = Self { paths, ..Self::default() };
            let mut met = vec![false; selection.paths.len()];
            while let Some(text) = reading.next()? {
                let line = Line::parse(&text)?;
                let path = line.path()?;
                for (met, wanted) in met.iter_mut().zip(&selection.paths) {
                    *met |= within(&path, wanted);
                }
                if !selection.has(&path) {
                    continue;
                }
                selection.count += 1;
                if line.kind == Kind::Link {
                    let first = line.link()?;
                    if !selection.has(&first) {
                        selection.renamed.entry(first).or_insert(path);
                    }
                }
            }
            match selection.paths.iter().zip(met).find(|(_, met)| !met) {
                Some((path, _)) => Err(Error::usage(format!(
                    "{file} holds no {}: paths are from the volume's root",
                    shown(path)
                ))),
                None => Ok(selection),
            }
        })
        .await
    }

    pub(super) fn has(&self, path: &[u8]) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|wanted| within(path, wanted))
    }

    /// Whether it is a folder above something that is wanted.
    pub(super) fn leads_to(&self, folder: &[u8]) -> bool {
        !folder.is_empty() && self.paths.iter().any(|wanted| within(wanted, folder))
    }

    /// Where a file's content is to be, if it is wanted.
    pub(super) fn place<'a>(&'a self, path: &'a [u8]) -> Option<&'a [u8]> {
        if self.has(path) { Some(path) } else { self.renamed.get(path).map(Vec::as_slice) }
    }
}

/// As the index spells it.
fn plain(path: &[u8]) -> Vec<u8> {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.collect::<Vec<_>>().join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_wanted_with_all_in_it() {
        let selection =
            Selection { paths: vec![plain(b"./a/b/"), plain(b"/c")], ..Selection::default() };
        for (path, wanted) in
            [(&b"a/b"[..], true), (b"a/b/c", true), (b"a/bc", false), (b"a", false), (b"c", true)]
        {
            assert_eq!(selection.has(path), wanted, "{path:?}");
        }
        assert!(selection.leads_to(b"a") && !selection.leads_to(b"b") && !selection.leads_to(b""));
        assert!(Selection::default().has(b"anything"));
        let root = Selection { paths: vec![plain(b".")], ..Selection::default() };
        assert!(root.has(b"") && root.has(b"x"));
    }
}
