//! The manifest beside every artifact: written last, and the only thing that makes it a backup.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name and version of the format, in every manifest.
pub const FORMAT: &str = "nightshift.backup/v1";

/// All that is known of one backup. The JSON schema is `docs/manifest.schema.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// Whether the artifact was read back whole and compared; false after `--no-verify`.
    pub verified: bool,
    /// Facts of this kind only, such as the encoding a database needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    pub contents: Vec<Content>,
    pub chunks: Vec<Chunk>,
}

/// The server and its position at the moment of the snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub version: String,
    /// LSN or GTID.
    pub position: Option<String>,
}

/// The file itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    pub file: String,
    pub size: u64,
    pub sha256: String,
    pub codec: crate::codec::Codec,
    /// Bytes before compression.
    pub raw_size: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
}

/// One table, collection, folder or resource kind: what must come out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub name: String,
    #[serde(flatten)]
    pub tally: Tally,
}

/// Rows, bytes and the wrapping sum of the rows' 64-bit XXH3 hashes: the same in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub rows: u64,
    pub bytes: u64,
    #[serde(with = "hex")]
    pub checksum: u64,
}

/// A run of whole compressed members that can be read alone. Chunks tile the file without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    pub offset: u64,
    pub length: u64,
    /// The part of the artifact it belongs to; each kind of backup names its own, in file order.
    pub part: String,
    /// Index into `contents`, when it holds rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<usize>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rows: u64,
}

impl Tally {
    /// Counts one row, given without its line end.
    pub fn row(&mut self, line: &[u8]) {
        self.rows += 1;
        self.bytes += line.len() as u64 + 1;
        self.checksum = self.checksum.wrapping_add(xxhash_rust::xxh3::xxh3_64(line));
    }

    pub fn add(&mut self, other: Tally) {
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(rows: &u64) -> bool {
    *rows == 0
}

/// A 64-bit number as 16 hex digits: JSON numbers are only exact to 2^53.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{value:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}
