//! The file index: a line for everything there is, in the order of the walk, whether its content
//! lies in this archive or in an earlier one.
//!
//! `CTIME INODE HOME KIND MODE UID GID SIZE MTIME HASH ATTRIBUTES PATH [LINK]`: what comes before KIND
//! is for the next incremental backup, what comes behind it are the facts, which the archive tells as
//! well. HOME is `-` where the content is in this archive, or else the time of the backup whose
//! archive holds it.
//!
//! The lines lie in the archive as comments of global headers, which every tar skips.

use crate::entry::{Kind, Time, unescape};
use crate::tar;
use backup::manifest::Tally;
use backup::source::{Pieces, Source};
use bytes::Bytes;
use std::collections::VecDeque;
use task::{Error, Result};

/// What an index comment begins with.
const HEAD: &[u8] = b"nightshift.index/v1\n";
/// The part of the archive.
pub(crate) const PART: &str = "index";

/// One line, borrowed from where it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) ctime: &'a str,
    pub(crate) inode: &'a str,
    /// None where the content is in this archive.
    pub(crate) home: Option<&'a str>,
    /// From KIND to the end.
    pub(crate) facts: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: &'a str,
    pub(crate) gid: &'a str,
    pub(crate) size: &'a str,
    pub(crate) mtime: Time,
    path: &'a [u8],
    link: Option<&'a [u8]>,
}

impl<'a> Line<'a> {
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self> {
        Self::parsed(line).ok_or_else(|| {
            let line = String::from_utf8_lossy(line);
            Error::integrity(format!("a line of the file index is damaged: {line}"))
        })
    }

    fn parsed(whole: &'a [u8]) -> Option<Self> {
        let mut rest = whole;
        let mut field = || -> Option<&'a [u8]> {
            let end = memchr::memchr(b' ', rest)?;
            let found = &rest[..end];
            rest = &rest[end + 1..];
            Some(found)
        };
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let (ctime, inode, home) = (text(field()?)?, text(field()?)?, text(field()?)?);
        let behind = ctime.len() + inode.len() + home.len() + 3;
        let kind = field()?;
        let kind = Kind::LETTERS.iter().find(|known| kind == [known.1])?.0;
        let mode = u32::from_str_radix(text(field()?)?, 8).ok()?;
        let (uid, gid, size) = (text(field()?)?, text(field()?)?, text(field()?)?);
        let mtime = Time::parse(text(field()?)?)?;
        let hash = text(field()?)?;
        if hash != "-" {
            u128::from_str_radix(hash, 16).ok()?;
        }
        let _attributes = field()?;
        let (path, link) = match memchr::memchr(b' ', rest) {
            Some(end) => (&rest[..end], Some(&rest[end + 1..])),
            None => (rest, None),
        };
        Some(Self {
            ctime,
            inode,
            home: (home != "-").then_some(home),
            facts: &whole[behind..],
            kind,
            mode,
            uid,
            gid,
            size,
            mtime,
            path,
            link,
        })
    }

    pub(crate) fn path(&self) -> Result<Vec<u8>> {
        let path = unescape(self.path)
            .ok_or_else(|| Error::integrity("a path of the file index is damaged"))?;
        Ok(if path == b"." { Vec::new() } else { path })
    }

    pub(crate) fn link(&self) -> Result<Vec<u8>> {
        self.link
            .and_then(unescape)
            .ok_or_else(|| Error::integrity("a link of the file index is damaged"))
    }
}

/// One part of the index, as the archive holds it.
pub(crate) fn member(lines: &[u8]) -> Vec<u8> {
    tar::global(&[HEAD, lines].concat())
}

/// The lines in a global header's comment.
pub(crate) fn lines(comment: &[u8]) -> Result<&[u8]> {
    comment
        .strip_prefix(HEAD)
        .filter(|lines| lines.is_empty() || lines.ends_with(b"\n"))
        .ok_or_else(|| Error::integrity("a comment of the archive is no file index"))
}

/// What the manifest says of lines.
pub(crate) fn tally(lines: &[u8]) -> Tally {
    let mut tally = Tally::default();
    tally.rows(lines, usize::MAX);
    tally
}

/// The index of an archive, read from where it lies, in order.
pub(crate) struct Reading {
    pieces: Pieces,
    parts: VecDeque<Bytes>,
    at: usize,
    file: String,
}

impl Reading {
    pub(crate) fn open(source: &Source) -> Self {
        let chunks = source.manifest().chunks.iter().filter(|chunk| chunk.part == PART);
        let pieces = source.open(chunks.cloned().collect(), None);
        let file = source.manifest().artifact.file.clone();
        Self { pieces, parts: VecDeque::new(), at: 0, file }
    }

    /// The next line, on a thread where waiting does no harm; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(line) = self.buffered() {
                return Ok(Some(line));
            }
            match self.pieces.blocking_recv() {
                Some(piece) => self.take(&piece?)?,
                None => return Ok(None),
            }
        }
    }

    fn buffered(&mut self) -> Option<Bytes> {
        while let Some(part) = self.parts.front() {
            if let Some(end) = memchr::memchr(b'\n', &part[self.at..]) {
                let line = part.slice(self.at..self.at + end);
                self.at += end + 1;
                return Some(line);
            }
            self.parts.pop_front();
            self.at = 0;
        }
        None
    }

    fn take(&mut self, piece: &Bytes) -> Result<()> {
        let (mut reader, mut rest) = (tar::Reader::default(), &piece[..]);
        while let Some(item) = reader.next(&mut rest)? {
            let tar::Item::Comment(comment) = item else {
                return Err(Error::integrity(format!(
                    "the file index of {} is damaged",
                    self.file
                )));
            };
            let lines = lines(comment)?;
            self.parts.push_back(piece.slice_ref(lines));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    #[test]
    fn a_line_comes_back() {
        let mut text = b"5.000000001 77 20261120T020000Z ".to_vec();
        let entry = Entry {
            path: b"a b/\xff\n%".to_vec(),
            kind: Kind::File,
            mode: 0o4755,
            uid: 1,
            gid: 2,
            size: 9,
            mtime: Time { seconds: 3, nanos: 4 },
            ..Entry::default()
        };
        entry.facts(Some(255), &mut text);
        let line = Line::parse(&text).unwrap();
        assert_eq!(
            (line.ctime, line.inode, line.home),
            ("5.000000001", "77", Some("20261120T020000Z"))
        );
        assert_eq!((line.mode, line.size, line.mtime), (0o4755, "9", entry.mtime));
        assert_eq!(line.path().unwrap(), entry.path);
        assert!(text.ends_with(line.facts) && line.facts.starts_with(b"f "));
        let mut second = b"1.0 1 - ".to_vec();
        let symlink = Entry { kind: Kind::Symlink, link: b"../x y".to_vec(), ..Entry::default() };
        symlink.facts(None, &mut second);
        let line = Line::parse(&second).unwrap();
        assert_eq!((line.path().unwrap(), line.link().unwrap()), (Vec::new(), b"../x y".to_vec()));
        assert_eq!(line.home, None);
    }

    #[test]
    fn lines_that_are_none_are_damage() {
        for line in
            [&b""[..], b"1 2", b"1.0 1 - z 755 0 0 0 1.0 - - x", b"1.0 1 - f 799 0 0 0 1.0 - - x"]
        {
            assert!(Line::parse(line).is_err(), "{line:?}");
        }
    }
}
