//! Headers as they are written: ustar, with a pax header before it for what does not fit.

use super::acl;
use super::pax::Records;
use super::{BLOCK, Map, padding};
use crate::entry::{Entry, Kind};

/// What a field of eleven octal digits can hold.
const SIZES: u64 = 1 << 33;
const IDS: u32 = 1 << 21;

pub(super) const ACLS: [(&[u8], &[u8]); 2] = [
    (b"system.posix_acl_access", b"SCHILY.acl.access"),
    (b"system.posix_acl_default", b"SCHILY.acl.default"),
];

/// Appends to a part of the archive.
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer<'_> {
    /// All that comes before the content, of which there are `stored` bytes: with a map, those of
    /// the map as well.
    pub(crate) fn entry(&mut self, entry: &Entry, stored: u64, map: Option<&Map>) {
        let path = spelled(entry);
        let mut records = Records::default();
        let mut binary = false;
        let text = |records: &mut Records, binary: &mut bool, key: &[u8], value: &[u8]| {
            *binary |= std::str::from_utf8(value).is_err();
            records.add(key, value);
        };
        let mut name = path.clone();
        if let Some(map) = map {
            // Whoever does not know holes gets a file of this name, with the map in it.
            name = beside(b"./GNUSparseFile.0/", &path);
            records.add(b"GNU.sparse.major", b"1");
            records.add(b"GNU.sparse.minor", b"0");
            text(&mut records, &mut binary, b"GNU.sparse.name", &path);
            records.add(b"GNU.sparse.realsize", map.size.to_string().as_bytes());
        } else if path.len() > 100 {
            text(&mut records, &mut binary, b"path", &path);
        }
        let link = match entry.kind {
            Kind::Link => [b"./", &entry.link[..]].concat(),
            _ => entry.link.clone(),
        };
        if link.len() > 100 {
            text(&mut records, &mut binary, b"linkpath", &link);
        }
        if stored >= SIZES {
            records.add(b"size", stored.to_string().as_bytes());
        }
        for (key, id) in [(&b"uid"[..], entry.uid), (b"gid", entry.gid)] {
            if id >= IDS {
                records.add(key, id.to_string().as_bytes());
            }
        }
        let seconds = u64::try_from(entry.mtime.seconds).ok().filter(|seconds| *seconds < SIZES);
        if entry.mtime.nanos != 0 || seconds.is_none() {
            records.add(b"mtime", decimal(entry).as_bytes());
        }
        for (key, value) in &entry.attributes {
            if let Some((_, known)) = ACLS.iter().find(|acl| acl.0 == &key[..])
                && let Some(text) = acl::text(value)
            {
                records.add(known, text.as_bytes());
            }
            records.add(&[b"SCHILY.xattr.", &encoded(key)[..]].concat(), value);
        }
        if !records.0.is_empty() {
            let mut all = Records::default();
            if binary {
                all.add(b"hdrcharset", b"BINARY");
            }
            all.0.append(&mut records.0);
            // One name for all: they compress to next to nothing.
            self.extension(b'x', b"./PaxHeaders/entry", &all.0);
        }
        let flag = match entry.kind {
            Kind::File => b'0',
            Kind::Link => b'1',
            Kind::Symlink => b'2',
            Kind::Character => b'3',
            Kind::Block => b'4',
            Kind::Directory => b'5',
            Kind::Fifo => b'6',
        };
        let mut header = Header::new(flag, &name);
        header.number(100, 8, entry.mode.into());
        header.number(108, 8, if entry.uid < IDS { entry.uid.into() } else { 0 });
        header.number(116, 8, if entry.gid < IDS { entry.gid.into() } else { 0 });
        header.number(124, 12, if stored < SIZES { stored } else { 0 });
        header.number(136, 12, seconds.unwrap_or_default());
        header.text(157, 100, &link);
        header.number(329, 8, entry.device.0.into());
        header.number(337, 8, entry.device.1.into());
        self.0.extend_from_slice(&header.finish());
    }

    /// A header of which the content says more than fits into a header.
    fn extension(&mut self, flag: u8, name: &[u8], content: &[u8]) {
        let mut header = Header::new(flag, name);
        header.number(100, 8, 0o644);
        for (at, width) in [(108, 8), (116, 8), (136, 12)] {
            header.number(at, width, 0);
        }
        header.number(124, 12, content.len() as u64);
        self.0.extend_from_slice(&header.finish());
        self.0.extend_from_slice(content);
        self.pad(content.len() as u64);
    }

    /// Fills up the last block of a content.
    pub(crate) fn pad(&mut self, length: u64) {
        self.0.resize(self.0.len() + padding(length), 0);
    }
}

/// A global header with a comment, which every tar skips.
pub(crate) fn global(comment: &[u8]) -> Vec<u8> {
    let mut records = Records::default();
    records.add(b"comment", comment);
    let mut bytes = Vec::with_capacity(records.0.len() + 2 * BLOCK);
    Writer(&mut bytes).extension(b'g', b"./PaxHeaders/index", &records.0);
    bytes
}

/// The end of an archive. The root stands in it once more: Python's tarfile takes a global header for
/// damaged unless an entry follows.
pub(crate) fn trailer(root: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    Writer(&mut bytes).entry(root, 0, None);
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    bytes
}

/// As in an archive that `tar -C FOLDER .` makes.
fn spelled(entry: &Entry) -> Vec<u8> {
    let mut path = [b"./", &entry.path[..]].concat();
    if entry.kind == Kind::Directory && path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path
}

/// A name for what comes before an entry, that fits.
fn beside(folder: &[u8], path: &[u8]) -> Vec<u8> {
    let last = path.split(|byte| *byte == b'/').rfind(|part| !part.is_empty()).unwrap_or_default();
    let mut name = [folder, last].concat();
    name.truncate(100);
    name
}

/// A time before 1970 is counted from there: half a second before is -0.5.
fn decimal(entry: &Entry) -> String {
    let (seconds, nanos) = (entry.mtime.seconds, entry.mtime.nanos);
    if seconds >= 0 || nanos == 0 {
        return entry.mtime.to_string();
    }
    format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - nanos)
}

/// An equals sign would end the key.
fn encoded(key: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(key.len());
    for byte in key {
        match byte {
            b'=' => encoded.extend_from_slice(b"%3D"),
            b'%' => encoded.extend_from_slice(b"%25"),
            _ => encoded.push(*byte),
        }
    }
    encoded
}

struct Header([u8; BLOCK]);

impl Header {
    fn new(flag: u8, name: &[u8]) -> Self {
        let mut header = Self([0; BLOCK]);
        header.text(0, 100, name);
        header.0[156] = flag;
        header.text(257, 8, b"ustar\x0000");
        header
    }

    fn text(&mut self, at: usize, width: usize, text: &[u8]) {
        let length = text.len().min(width);
        self.0[at..at + length].copy_from_slice(&text[..length]);
    }

    fn number(&mut self, at: usize, width: usize, number: u64) {
        let digits = width - 1;
        self.text(at, digits, format!("{number:0digits$o}").as_bytes());
    }

    fn finish(mut self) -> [u8; BLOCK] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().copied().map(u32::from).sum();
        self.text(148, 7, format!("{sum:06o}\0").as_bytes());
        self.0
    }
}
