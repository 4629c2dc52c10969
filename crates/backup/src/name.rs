//! What a backup's files are called: `KIND-NAME-TIME.FORMAT[.CODEC][.age]` and `….manifest.json`.
//!
//! The name of a database can be anything, so all but letters, digits, `_` and `.` is written as
//! `%XX` of its UTF-8 bytes. A dash is never left as it is: `-` only ever divides, so no file of
//! `shop-eu` can be taken for one of `shop`.

use crate::age::EXTENSION;
use crate::codec::Codec;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt;
use task::{Error, Result};

pub const MANIFEST: &str = ".manifest.json";
/// A manifest whose backup is being deleted: see [`crate::prune`].
pub(crate) const PRUNED: &str = ".manifest.json.pruned";

const TIME: &str = "%Y%m%dT%H%M%SZ";
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.');
/// File systems take 255 bytes; the manifest's temporary name is the longest of ours.
const LONGEST: usize = 255 - ".".len() - MANIFEST.len() - ".partial".len();

/// The name of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    kind: String,
    of: String,
    time: Timestamp,
    format: String,
}

impl Name {
    /// `format` is what is inside: `sql`, `tar`. The time is kept to the second.
    pub fn new(kind: &str, name: &str, time: Timestamp, format: &str) -> Result<Self> {
        let plain =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain(kind) || !plain(format) || name.is_empty() {
            return Err(Error::usage(format!(
                "a backup cannot be of kind {kind:?}, name {name:?}, format {format:?}: none may be \
                 empty, and kind and format are letters and digits"
            )));
        }
        let time = Timestamp::from_second(time.as_second())
            .ok()
            .filter(|time| (0..=9999).contains(&time.to_zoned(TimeZone::UTC).year()))
            .ok_or_else(|| Error::usage(format!("no backup can be named after {time}")))?;
        let artifact = Self { kind: kind.into(), of: name.into(), time, format: format.into() };
        // The longest of its files.
        if artifact.encrypted_file(Codec::Zstd(1)).len() > LONGEST {
            return Err(Error::usage(format!(
                "{name:?} is too long for a file name once its special characters are written as \
                 %XX"
            )));
        }
        Ok(artifact)
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn name(&self) -> &str {
        &self.of
    }

    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The artifact's file.
    pub fn file(&self, codec: Codec) -> String {
        let dot = if codec.extension().is_empty() { "" } else { "." };
        format!("{self}{dot}{}", codec.extension())
    }

    /// The artifact's file when it is encrypted.
    pub fn encrypted_file(&self, codec: Codec) -> String {
        format!("{}{EXTENSION}", self.file(codec))
    }

    /// The name that the file of an artifact, a manifest or a leftover of ours stands for.
    pub fn parse(file: &str) -> Option<Self> {
        let file =
            file.strip_suffix(PRUNED).or_else(|| file.strip_suffix(MANIFEST)).unwrap_or(file);
        let (kind, rest) = file.split_once('-')?;
        let (name, rest) = rest.split_once('-')?;
        let (time, rest) = rest.split_once('.')?;
        let format = rest.split_once('.').map_or(rest, |(format, _)| format);
        let name = percent_decode_str(name).decode_utf8().ok()?;
        let time = DateTime::strptime(TIME, time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let parsed = Self::new(kind, &name, time, format).ok()?;
        let file = file.strip_suffix(EXTENSION).unwrap_or(file);
        // One name has one spelling, so that nothing else is ever taken for ours.
        [Codec::Gzip(6), Codec::Zstd(3), Codec::None]
            .iter()
            .any(|codec| parsed.file(*codec) == file)
            .then_some(parsed)
    }

    /// Whether a file belongs to backups of this kind and name, whenever they were made.
    pub fn owns(kind: &str, name: &str, file: &str) -> bool {
        Self::parse(file).is_some_and(|other| other.kind == kind && other.of == name)
    }
}

/// Without the codec's extension.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = utf8_percent_encode(&self.of, KEPT);
        let time = self.time.strftime(TIME);
        write!(f, "{}-{name}-{time}.{}", self.kind, self.format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: &str, name: &str) -> Name {
        Name::new(kind, name, "2026-11-20T02:00:00.7Z".parse().unwrap(), "sql").unwrap()
    }

    #[test]
    fn a_plain_name_is_left_plain() {
        let name = name("postgres", "shop");
        assert_eq!(name.file(Codec::Gzip(6)), "postgres-shop-20261120T020000Z.sql.gz");
        assert_eq!(name.file(Codec::Zstd(6)), "postgres-shop-20261120T020000Z.sql.zst");
        assert_eq!(name.file(Codec::None), "postgres-shop-20261120T020000Z.sql");
    }

    #[test]
    fn every_name_is_one_safe_file_name_and_comes_back() {
        let emoji = "🦀".repeat(15);
        let sixty_three = "/".repeat(63);
        for hostile in [
            "shop",
            "shop-eu",
            "a b",
            "a\nb",
            "a/b",
            "../../etc",
            "..",
            ".hidden",
            "-rf",
            "it's",
            "\"q\"",
            "a\\b",
            "$(x)",
            "100%",
            "%2D",
            "shop%2Deu",
            "a.sql.gz",
            "*",
            &emoji,
            &sixty_three,
            "\u{7f}\u{1}",
        ] {
            let name = name("postgres", hostile);
            for codec in [Codec::Gzip(6), Codec::Zstd(3), Codec::None] {
                let file = name.file(codec);
                assert!(file.len() <= LONGEST, "{file}");
                let safe = |b: u8| b.is_ascii_alphanumeric() || b"_.-%".contains(&b);
                assert!(file.bytes().all(safe), "{file}");
                for suffix in ["", MANIFEST, PRUNED, ".age", ".age.manifest.json"] {
                    assert_eq!(Name::parse(&format!("{file}{suffix}")), Some(name.clone()));
                }
                assert!(Name::owns("postgres", hostile, &file));
            }
        }
    }

    #[test]
    fn no_name_owns_the_files_of_another() {
        let names = [
            "shop",
            "shop-eu",
            "shop-eu-2",
            "shop.eu",
            "shop%2Deu",
            "Shop",
            "shop-20261120T020000Z",
        ];
        for one in names {
            for other in names {
                let file = name("postgres", other).file(Codec::default());
                assert_eq!(Name::owns("postgres", one, &file), one == other, "{one} {other}");
                assert!(!Name::owns("mysql", one, &file));
            }
        }
    }

    #[test]
    fn only_our_own_spelling_is_ours() {
        for file in [
            "",
            "postgres",
            "postgres-shop",
            "postgres-shop-20261120T020000Z",
            "notes.txt",
            "postgres-sh%6Fp-20261120T020000Z.sql",
            "postgres-shop%2deu-20261120T020000Z.sql",
            "postgres-shop-eu-20261120T020000Z.sql",
            "postgres-shop-20261120T020000Z.sql.gz.bak",
            "postgres-shop-20261120T020000Z.sql.gz.age.age",
            "postgres-shop-20261120T020000Z.sql.xz",
            "postgres-shop-2026112T020000Z.sql.gz",
            "postgres--20261120T020000Z.sql.gz",
            "postgres-%FF-20261120T020000Z.sql.gz",
            "../postgres-shop-20261120T020000Z.sql.gz",
            "postgres-shop-20261320T020000Z.sql.gz",
        ] {
            assert_eq!(Name::parse(file), None, "{file}");
        }
    }

    #[test]
    fn a_name_that_fits_no_file_system_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        assert!(Name::new("volume", &"-".repeat(90), now, "tar").is_err());
        assert!(Name::new("volume", "", now, "tar").is_err());
        assert!(Name::new("a-b", "x", now, "tar").is_err());
    }
}
