//! What is known of one thing in a volume, whatever it is.

use std::fmt::Write;

/// Seconds since 1970 and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    File,
    Directory,
    Symlink,
    /// Another name of a file that came before.
    Link,
    Fifo,
    Character,
    Block,
}

impl Kind {
    /// In the index.
    pub(crate) const LETTERS: [(Self, u8); 7] = [
        (Self::File, b'f'),
        (Self::Directory, b'd'),
        (Self::Symlink, b'l'),
        (Self::Link, b'h'),
        (Self::Fifo, b'p'),
        (Self::Character, b'c'),
        (Self::Block, b'b'),
    ];

    fn letter(self) -> u8 {
        Self::LETTERS.iter().find(|known| known.0 == self).map_or(b'?', |known| known.1)
    }
}

/// Bytes are as the kernel has them: names and attributes need not be text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// From the volume's root, without a slash at either end; empty for the root itself.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    /// With setuid, setgid and sticky, without the kind.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: Time,
    /// Of a file, holes included.
    pub(crate) size: u64,
    /// Major and minor number.
    pub(crate) device: (u32, u32),
    /// Where a symbolic link points, or the path of the file that a hard link is another name of.
    pub(crate) link: Vec<u8>,
    /// Sorted by name.
    pub(crate) attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// The part of its line in the index that the archive alone tells. `hash` is that of a file's
    /// content.
    pub(crate) fn facts(&self, hash: Option<u128>, line: &mut Vec<u8>) {
        let mut text = String::with_capacity(96);
        let _ = write!(
            text,
            "{} {:o} {} {} ",
            char::from(self.kind.letter()),
            self.mode,
            self.uid,
            self.gid
        );
        let _ = match self.kind {
            Kind::Character | Kind::Block => write!(text, "{}:{}", self.device.0, self.device.1),
            _ => write!(text, "{}", self.size),
        };
        let _ = write!(text, " {} ", self.mtime);
        let _ = match hash {
            Some(hash) => write!(text, "{hash:032x} "),
            None => write!(text, "- "),
        };
        let _ = match self.attributes_hash() {
            Some(hash) => write!(text, "{hash:016x} "),
            None => write!(text, "- "),
        };
        line.extend_from_slice(text.as_bytes());
        escape(if self.path.is_empty() { b"." } else { &self.path }, line);
        if matches!(self.kind, Kind::Symlink | Kind::Link) {
            line.push(b' ');
            escape(&self.link, line);
        }
    }

    fn attributes_hash(&self) -> Option<u64> {
        if self.attributes.is_empty() {
            return None;
        }
        let mut all = Vec::new();
        for (name, value) in &self.attributes {
            for part in [name, value] {
                all.extend_from_slice(&(part.len() as u64).to_le_bytes());
                all.extend_from_slice(part);
            }
        }
        Some(xxhash_rust::xxh3::xxh3_64(&all))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:09}", self.seconds, self.nanos)
    }
}

impl Time {
    /// Of what [`fmt::Display`] writes, or of fewer digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (seconds, nanos) = text.split_once('.').unwrap_or((text, ""));
        if nanos.len() > 9 || !nanos.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { seconds: seconds.parse().ok()?, nanos: format!("{nanos:0<9}").parse().ok()? })
    }
}

/// Spaces and control characters divide lines and fields; a percent sign begins what was escaped.
fn escape(bytes: &[u8], line: &mut Vec<u8>) {
    for byte in bytes {
        if *byte > b' ' && *byte != b'%' && *byte != 0x7f {
            line.push(*byte);
        } else {
            line.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

pub(crate) fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(others.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &others[2..];
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    Some(bytes)
}

/// The order of the walk: a folder, then all in it, then what sorts behind it.
pub(crate) fn order(one: &[u8], other: &[u8]) -> std::cmp::Ordering {
    let parts = |path| <[u8]>::split(path, |byte| *byte == b'/');
    // The root is before all.
    match (one.is_empty(), other.is_empty()) {
        (false, false) => parts(one).cmp(parts(other)),
        (one, other) => other.cmp(&one),
    }
}

/// Whether a path lies in a folder, or is it.
pub(crate) fn within(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// For people to read.
pub(crate) fn shown(path: &[u8]) -> String {
    if path.is_empty() { ".".to_owned() } else { String::from_utf8_lossy(path).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_back_from_a_line() {
        let all: Vec<u8> = (0..=255).collect();
        let mut line = Vec::new();
        escape(&all, &mut line);
        assert!(!line.contains(&b' ') && !line.contains(&b'\n') && !line.contains(&0));
        assert_eq!(unescape(&line).unwrap(), all);
        assert_eq!(unescape(b"%4"), None);
        assert_eq!(unescape(b"%zz"), None);
    }

    #[test]
    fn a_folder_stands_before_what_is_in_it_and_that_before_its_neighbours() {
        let sorted: [&[u8]; 7] = [b"", b"a", b"a/b", b"a/b/c", b"a/b-", b"a-b", b"b"];
        for (at, one) in sorted.iter().enumerate() {
            for (other_at, other) in sorted.iter().enumerate() {
                assert_eq!(order(one, other), at.cmp(&other_at), "{at} {other_at}");
            }
        }
        assert!(within(b"a/b", b"a") && within(b"a", b"a") && within(b"a", b""));
        assert!(!within(b"a-b", b"a") && !within(b"a", b"a/b"));
    }

    #[test]
    fn times_before_1970_come_back() {
        for time in [Time { seconds: -5, nanos: 7 }, Time { seconds: 1 << 40, nanos: 999_999_999 }]
        {
            assert_eq!(Time::parse(&time.to_string()), Some(time));
        }
        assert_eq!(Time::parse("5"), Some(Time { seconds: 5, nanos: 0 }));
        assert_eq!(Time::parse("5.5"), Some(Time { seconds: 5, nanos: 500_000_000 }));
    }
}
