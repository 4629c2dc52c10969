//! The manifest beside every artifact: written last, and the only thing that makes it a backup.

mod form;

pub(crate) use form::known;

use crate::age::EXTENSION;
use crate::codec::Codec;
use crate::name::{self, Name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use task::{Context, Error, Result};

/// The name and version of the format, in every manifest.
pub const FORMAT: &str = "nightshift.backup/v1";

/// All that is known of one backup. The JSON schema is `docs/manifest.schema.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    /// What wrote it: `postgres`, `mysql`, `volume`, …
    pub kind: String,
    /// What it is a backup of: the database's, volume's or namespace's name.
    pub name: String,
    pub started: jiff::Timestamp,
    pub finished: jiff::Timestamp,
    pub tool: String,
    pub server: Option<Server>,
    pub artifact: Artifact,
    /// The file of the backup that this one needs beside it: it holds only what changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether the artifact was read back whole and compared; false after `--no-verify`.
    pub verified: bool,
    /// Facts of this kind only, such as the encoding a database needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    pub contents: Vec<Content>,
    pub chunks: Vec<Chunk>,
}

/// The server and its position at the moment of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub version: String,
    /// LSN or GTID.
    pub position: Option<String>,
}

/// The file itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    pub file: String,
    pub size: u64,
    pub sha256: String,
    pub codec: Codec,
    /// Bytes before compression.
    pub raw_size: u64,
    /// Whom it is encrypted to, if it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Bytes between compression and encryption; only where it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compressed_size: Option<u64>,
}

impl Artifact {
    pub fn is_encrypted(&self) -> bool {
        !self.recipients.is_empty()
    }

    /// Bytes that the chunks hold together: of the file, or of what is encrypted in it.
    pub fn packed_size(&self) -> u64 {
        self.compressed_size.unwrap_or(self.size)
    }
}

/// One table, collection, folder or resource kind: what must come out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "form::Content", into = "form::Content")]
pub struct Content {
    pub name: String,
    pub tally: Tally,
}

/// Rows, bytes and the wrapping sum of the rows' 64-bit XXH3 hashes: the same in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: u64,
    pub bytes: u64,
    pub checksum: u64,
}

/// A run of whole compressed members that can be read alone. Chunks tile the file without a gap; of
/// an encrypted one, the stream inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    pub offset: u64,
    pub length: u64,
    /// Bytes before compression.
    pub raw: u64,
    /// The part of the artifact it belongs to; each kind of backup names its own, in file order.
    pub part: String,
    /// Index into `contents`, when it holds rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<usize>,
    #[serde(default, skip_serializing_if = "form::is_zero")]
    pub rows: u64,
}

impl Tally {
    /// Counts one row, given without its line end.
    pub fn row(&mut self, line: &[u8]) {
        self.rows += 1;
        self.bytes += line.len() as u64 + 1;
        self.checksum = self.checksum.wrapping_add(xxhash_rust::xxh3::xxh3_64(line));
    }

    /// Counts the rows that `text` begins with, each with its line end, until `enough` bytes are
    /// reached. Returns how many bytes these are; a row without end is not counted.
    pub fn rows(&mut self, text: &[u8], enough: usize) -> usize {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            self.row(&text[start..end]);
            start = end + 1;
            if start >= enough {
                break;
            }
        }
        start
    }

    pub fn add(&mut self, other: Tally) {
        self.rows = self.rows.wrapping_add(other.rows);
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }
}

impl Manifest {
    /// The manifest's own file.
    pub fn file(&self) -> String {
        format!("{}{}", self.artifact.file, name::MANIFEST)
    }

    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)
            .failed(|| format!("cannot write {} as JSON", self.file()))?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads the manifest called `file` and refuses one that contradicts itself: what acts on it
    /// may delete the file it names.
    pub fn parse(file: &str, json: &[u8]) -> Result<Self> {
        known(file, json)?;
        let manifest: Self = serde_json::from_slice(json)
            .integrity(|| format!("{file} is not a manifest of format {FORMAT}"))?;
        check_names(file, &manifest.artifact, &manifest.kind, &manifest.name)?;
        check_parent(file, manifest.parent.as_deref(), &manifest.artifact)?;
        manifest.check().map_err(|why| Error::integrity(format!("{file} is damaged: {why}")))?;
        Ok(manifest)
    }

    /// What is wrong with the chunks, if anything is.
    fn check(&self) -> Result<(), String> {
        let (size, raw_size) =
            tiled(&self.chunks, self.contents.len()).map_err(|error| error.to_string())?;
        let artifact = &self.artifact;
        if (size, raw_size) != (artifact.packed_size(), artifact.raw_size) {
            return Err(format!(
                "its chunks hold {size} bytes ({raw_size} before compression), the file {} ({})",
                artifact.packed_size(),
                artifact.raw_size
            ));
        }
        let signs = [artifact.compressed_size.is_some(), artifact.file.ends_with(EXTENSION)];
        if signs != [artifact.is_encrypted(); 2] {
            return Err("it does not agree with itself whether the file is encrypted".to_owned());
        }
        Ok(())
    }
}

/// Checks that chunks lie one behind the other from the start, and sums their lengths.
pub(crate) fn tiled(chunks: &[Chunk], contents: usize) -> Result<(u64, u64)> {
    let (mut size, mut raw) = (0_u64, 0_u64);
    for (index, chunk) in chunks.iter().enumerate() {
        let end = chunk.offset.checked_add(chunk.length).zip(raw.checked_add(chunk.raw));
        let (Some(end), true, true) =
            (end, chunk.offset == size && chunk.length > 0, chunk.content < Some(contents))
        else {
            return Err(Error::integrity(format!(
                "chunk {index} at {} does not follow the one before, which ends at {size}, or \
                 names a table that is not listed",
                chunk.offset
            )));
        };
        (size, raw) = end;
    }
    Ok((size, raw))
}

/// A manifest names the one file that it lies beside, and that is of its kind and name.
pub(crate) fn check_names(file: &str, artifact: &Artifact, kind: &str, name: &str) -> Result<()> {
    let beside = file.strip_suffix(name::PRUNED).or_else(|| file.strip_suffix(name::MANIFEST));
    if beside != Some(&artifact.file) || !Name::owns(kind, name, &artifact.file) {
        return Err(Error::integrity(format!(
            "{file} is damaged: it names {:?} of {kind} {name:?}, and lies beside another",
            artifact.file
        )));
    }
    Ok(())
}

/// What a backup builds on is an earlier one of the same kind and name, so that a chain has an end.
pub(crate) fn check_parent(file: &str, parent: Option<&str>, artifact: &Artifact) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    let earlier = Name::parse(parent).zip(Name::parse(&artifact.file)).is_some_and(|names| {
        let (parent, own) = names;
        (parent.kind(), parent.name()) == (own.kind(), own.name()) && parent.time() < own.time()
    });
    if earlier {
        Ok(())
    } else {
        Err(Error::integrity(format!(
            "{file} is damaged: it builds on {parent:?}, which is no earlier backup of the same"
        )))
    }
}

#[cfg(test)]
mod tests;
