//! What an ETag says about content: the MD5 of it, or of the MD5s of its parts.

use md5::{Digest, Md5};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// An ETag that is made of the content, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    sum: u128,
    /// The number of parts; none for an object that was put at once.
    parts: Option<u64>,
}

impl Tag {
    pub(crate) fn parse(etag: &str) -> Option<Self> {
        let (sum, parts) = match etag.split_once('-') {
            Some((sum, parts)) => (sum, Some(parts.parse().ok()?)),
            None => (etag, None),
        };
        let hex = sum.len() == 32 && sum.bytes().all(|c| c.is_ascii_hexdigit());
        let sum = u128::from_str_radix(sum, 16).ok().filter(|_| hex)?;
        Some(Self { sum, parts })
    }

    pub(crate) fn is_parted(self) -> bool {
        self.parts.is_some()
    }

    /// Whether so many bytes in parts of this size make so many parts.
    pub(crate) fn fits(self, size: u64, part: u64) -> bool {
        part > 0 && self.parts == Some(size.div_ceil(part).max(1))
    }

    /// Whether these bytes were put at once to be this.
    pub(crate) fn is_of(self, bytes: &[u8]) -> bool {
        self.sum == u128::from_be_bytes(Md5::digest(bytes).into())
    }

    /// The same of a file; in parts of this size, if it was put in parts.
    pub(crate) fn is_of_file(self, file: &File, part: Option<u64>) -> io::Result<bool> {
        let (mut all, mut one) = (Md5::new(), Md5::new());
        let mut buffer = vec![0; 256 << 10];
        let (mut at, mut left) = (0, part.unwrap_or(u64::MAX));
        loop {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let count = match file.read_at(&mut buffer[..most], at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            one.update(&buffer[..count]);
            at += count as u64;
            left -= count as u64;
            if let Some(part) = part
                && (left == 0 || count == 0 && left < part)
            {
                all.update(one.finalize_reset());
                left = part;
            }
            if count == 0 {
                break;
            }
        }
        let sum = if part.is_some() { all.finalize() } else { one.finalize() };
        Ok(self.sum == u128::from_be_bytes(sum.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn knows_content_by_its_tag() {
        let whole = Tag::parse("5d41402abc4b2a76b9719d911017c592").unwrap();
        assert!(whole.is_of(b"hello") && !whole.is_of(b"hallo"));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"hello").unwrap();
        assert!(whole.is_of_file(&file, None).unwrap());
        // The MD5 of the MD5s of "he", "ll" and "o".
        let sums: Vec<u8> = ["he", "ll", "o"].iter().flat_map(Md5::digest).collect();
        let sum = u128::from_be_bytes(Md5::digest(&sums).into());
        let parted = Tag::parse(&format!("{sum:032x}-3")).unwrap();
        assert!(parted.is_of_file(&file, Some(2)).unwrap());
        assert!(!parted.is_of_file(&file, Some(3)).unwrap());
        assert!(parted.fits(5, 2) && !parted.fits(5, 3));
        assert_eq!(Tag::parse("not-a-sum"), None);
    }
}
