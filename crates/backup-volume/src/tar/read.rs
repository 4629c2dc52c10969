//! Headers as they are read: ours, and whatever may stand in a file that took our place.

use super::header::ACLS;
use super::pax::records;
use super::{BLOCK, padding};
use crate::entry::{Entry, Kind, Time};
use task::{Error, Result};

/// No pax header of ours is larger: of the index a part, of an entry all attributes.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    Entry(Box<Found>),
    /// A part of the content of the entry before.
    Content(&'a [u8]),
    /// The comment of a global header.
    Comment(&'a [u8]),
    /// A block of zeros.
    End,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    /// Bytes of content that follow.
    pub(crate) stored: u64,
    pub(crate) sparse: bool,
}

/// Where in the archive we are. It is read in members, and each begins and ends at a header or
/// within a content.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    content: u64,
    padding: usize,
}

impl Reader {
    /// Bytes of content that are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.content
    }

    /// The next item of `bytes`, which are one whole member and lose what is read.
    pub(crate) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Item<'a>>> {
        if self.content == 0 && self.padding > 0 {
            let zeros = self.padding.min(bytes.len());
            if bytes[..zeros].iter().any(|byte| *byte != 0) {
                return Err(Error::integrity("what fills up a block of the archive is not zero"));
            }
            *bytes = &bytes[zeros..];
            self.padding -= zeros;
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        if self.content > 0 {
            let length = usize::try_from(self.content).unwrap_or(usize::MAX).min(bytes.len());
            let (content, rest) = bytes.split_at(length);
            *bytes = rest;
            self.content -= length as u64;
            return Ok(Some(Item::Content(content)));
        }
        let header = take(bytes, BLOCK as u64)?;
        if header.iter().all(|byte| *byte == 0) {
            return Ok(Some(Item::End));
        }
        check(header)?;
        match header[156] {
            b'g' => {
                let body = body(header, bytes)?;
                for record in records(body) {
                    if let (b"comment", comment) = record? {
                        return Ok(Some(Item::Comment(comment)));
                    }
                }
                Err(Error::integrity("a global header of the archive is none of ours"))
            }
            b'x' => {
                let extension = body(header, bytes)?;
                let header = take(bytes, BLOCK as u64)?;
                check(header)?;
                self.entry(header, extension).map(Some)
            }
            _ => self.entry(header, &[]).map(Some),
        }
    }

    fn entry<'a>(&mut self, header: &[u8], extension: &[u8]) -> Result<Item<'a>> {
        let found = found(header, extension)?;
        self.content = found.stored;
        self.padding = padding(found.stored);
        Ok(Item::Entry(Box::new(found)))
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8]> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let taken = bytes
        .get(..length)
        .ok_or_else(|| Error::integrity("a header of the archive is cut short"))?;
    *bytes = &bytes[length..];
    Ok(taken)
}

fn body<'a>(header: &[u8], bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let size = number(&header[124..136])?;
    if size > LARGEST {
        return Err(Error::integrity("a header of the archive is too large"));
    }
    let body = take(bytes, size)?;
    take(bytes, padding(size) as u64)?;
    Ok(body)
}

fn check(header: &[u8]) -> Result<()> {
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| u64::from(if (148..156).contains(&at) { b' ' } else { *byte }))
        .sum();
    if &header[257..262] != b"ustar" || number(&header[148..156])? != sum {
        return Err(Error::integrity("a header of the archive is damaged"));
    }
    Ok(())
}

fn number(field: &[u8]) -> Result<u64> {
    let text = text(field);
    let text = std::str::from_utf8(text).unwrap_or("?").trim();
    u64::from_str_radix(if text.is_empty() { "0" } else { text }, 8)
        .map_err(|_| Error::integrity("a header of the archive holds a number that is none"))
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn found(header: &[u8], extension: &[u8]) -> Result<Found> {
    let wrong =
        |what: &str| Error::integrity(format!("a header of the archive has a damaged {what}"));
    let small =
        |field: &[u8]| number(field).and_then(|id| u32::try_from(id).map_err(|_| wrong("number")));
    let kind = match header[156] {
        b'0' | 0 => Kind::File,
        b'1' => Kind::Link,
        b'2' => Kind::Symlink,
        b'3' => Kind::Character,
        b'4' => Kind::Block,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => return Err(wrong(&format!("kind, {:?}", char::from(other)))),
    };
    let seconds = i64::try_from(number(&header[136..148])?).map_err(|_| wrong("time"))?;
    let mut entry = Entry {
        path: text(&header[..100]).to_vec(),
        kind,
        mode: small(&header[100..108])?,
        uid: small(&header[108..116])?,
        gid: small(&header[116..124])?,
        mtime: Time { seconds, nanos: 0 },
        size: 0,
        device: (small(&header[329..337])?, small(&header[337..345])?),
        link: text(&header[157..257]).to_vec(),
        attributes: Vec::new(),
    };
    let (mut stored, mut real) = (number(&header[124..136])?, None);
    for record in records(extension) {
        let (key, value) = record?;
        let digits = || std::str::from_utf8(value).map_err(|_| wrong("number"));
        let count = || digits()?.parse::<u64>().map_err(|_| wrong("number"));
        let id = || digits()?.parse::<u32>().map_err(|_| wrong("number"));
        match key {
            b"path" | b"GNU.sparse.name" => entry.path = value.to_vec(),
            b"linkpath" => entry.link = value.to_vec(),
            b"size" => stored = count()?,
            b"GNU.sparse.realsize" => real = Some(count()?),
            b"uid" => entry.uid = id()?,
            b"gid" => entry.gid = id()?,
            b"mtime" => entry.mtime = decimal(digits()?).ok_or_else(|| wrong("time"))?,
            b"hdrcharset" | b"GNU.sparse.major" | b"GNU.sparse.minor" => {}
            _ if ACLS.iter().any(|acl| acl.1 == key) => {}
            _ => {
                let name = key.strip_prefix(b"SCHILY.xattr.").ok_or_else(|| wrong("record"))?;
                entry.attributes.push((decoded(name), value.to_vec()));
            }
        }
    }
    if entry.mode > 0o7777 || (kind != Kind::File && (stored > 0 || real.is_some())) {
        return Err(wrong("mode or size"));
    }
    entry.size = real.unwrap_or(stored);
    entry.path = plain(&entry.path).ok_or_else(|| wrong("name"))?;
    if kind == Kind::Link {
        entry.link = plain(&entry.link).ok_or_else(|| wrong("name"))?;
    }
    Ok(Found { entry, stored, sparse: real.is_some() })
}

/// A path as ours are: within the volume, and spelled in one way.
fn plain(path: &[u8]) -> Option<Vec<u8>> {
    let path = path.strip_prefix(b"./")?;
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let good =
        |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && !part.contains(&0);
    (path.is_empty() || path.split(|byte| *byte == b'/').all(good)).then(|| path.to_vec())
}

fn decimal(text: &str) -> Option<Time> {
    let Some(before) = text.strip_prefix('-') else { return Time::parse(text) };
    let time = Time::parse(before)?;
    Some(if time.nanos == 0 {
        Time { seconds: -time.seconds, nanos: 0 }
    } else {
        Time { seconds: -time.seconds - 1, nanos: 1_000_000_000 - time.nanos }
    })
}

fn decoded(key: &[u8]) -> Vec<u8> {
    crate::entry::unescape(key).unwrap_or_else(|| key.to_vec())
}

#[cfg(test)]
mod tests;
