//! How parts of a manifest look as JSON where that is not how they look in memory.

use super::{FORMAT, Tally};
use serde::{Deserialize, Serialize};
use task::{Context, Error, Result};

/// A content with its tally beside its name. Written out, because serde cannot refuse unknown
/// fields of a struct that is flattened into another.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    name: String,
    rows: u64,
    bytes: u64,
    #[serde(with = "hex")]
    checksum: u64,
}

impl From<Content> for super::Content {
    fn from(form: Content) -> Self {
        let tally = Tally { rows: form.rows, bytes: form.bytes, checksum: form.checksum };
        Self { name: form.name, tally }
    }
}

impl From<super::Content> for Content {
    fn from(content: super::Content) -> Self {
        let Tally { rows, bytes, checksum } = content.tally;
        Self { name: content.name, rows, bytes, checksum }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn is_zero(rows: &u64) -> bool {
    *rows == 0
}

/// Says first whether it is our format at all: a later version's new field is no damage.
pub(crate) fn known(file: &str, json: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    struct Any {
        format: String,
    }
    let any: Any = serde_json::from_slice(json)
        .integrity(|| format!("{file} is not a manifest of format {FORMAT}"))?;
    if any.format != FORMAT {
        return Err(Error::usage(format!(
            "{file} has the format {:?}, and this version reads {FORMAT}: use a later version",
            any.format
        )));
    }
    Ok(())
}

/// A 64-bit number as 16 hex digits: JSON numbers are only exact to 2^53.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{value:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 16 || !text.bytes().all(digits) {
            return Err(D::Error::custom("a checksum is 16 hex digits"));
        }
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}
