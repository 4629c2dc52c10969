//! The file of `--config`: where records come from, and what becomes of their fields.

use crate::json::Path;
use postgres::Name;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, de};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub source: Source,
    pub incremental: Option<Incremental>,
    pub table: Table,
    pub columns: Columns,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Source {
    /// The list of records in an answer.
    pub records: Path,
    pub query: BTreeMap<String, Scalar>,
    pub headers: BTreeMap<String, Scalar>,
    pub auth: Option<Auth>,
    pub paging: Paging,
    /// Requests a second, at most.
    pub rate: Option<f64>,
}

/// What the key of `API_KEY`, or user and password, are sent as.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    None,
    Bearer,
    Basic,
    /// The name of a header that holds the key.
    Header(String),
}

/// How the next page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Paging {
    #[default]
    None,
    /// The header `Link` with `rel="next"`.
    Link,
    /// A URL in the answer.
    Next(Path),
    Page(Numbered),
    Offset(Counted),
    Cursor(Marked),
}

/// `page=1`, `page=2`, until a page is empty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbered {
    pub param: String,
    #[serde(default = "one")]
    pub start: u64,
}

/// How many records there were so far, until a page is empty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counted {
    pub param: String,
}

/// A word in the answer that asks for the next one, until there is none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marked {
    pub param: String,
    pub path: Path,
}

/// Only what is new: the largest value of a field is kept, and sent at the next run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incremental {
    pub param: String,
    pub field: Path,
    #[serde(default)]
    pub r#type: Order,
    /// How far before the cursor the next run begins, for records that were late.
    #[serde(default, deserialize_with = "duration")]
    pub overlap: Duration,
    /// What the first run sends; nothing, if it is left out.
    pub start: Option<Scalar>,
}

/// What makes one value of the field larger than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    #[default]
    Time,
    Number,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Table {
    pub name: Name,
    /// Columns that tell one record from another.
    pub key: Vec<String>,
    /// A column that gets the time at which the row was written.
    pub synced: Option<String>,
    /// Rows whose record the source has no more are deleted.
    #[serde(default)]
    pub remove_missing: bool,
}

/// In the order of the file.
#[derive(Debug)]
pub(crate) struct Columns(pub Vec<(String, Column)>);

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Column {
    /// Where the value lies in the record; by default the field of the column's name.
    pub from: Option<Path>,
    #[serde(default)]
    pub r#type: Kind,
    #[serde(default)]
    pub trim: bool,
    pub case: Option<Case>,
    /// A text of no letters is no value.
    #[serde(default)]
    pub empty_is_null: bool,
    /// What stands for a field that is missing or null.
    pub default: Option<Scalar>,
    /// A record without it is rejected.
    #[serde(default)]
    pub required: bool,
    /// Of a time or day: iso, unix, unix-ms, unix-us, or as for strptime.
    pub format: Option<String>,
    /// Whose clock a time without an offset shows.
    pub zone: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Text,
    Integer,
    Number,
    Boolean,
    Time,
    Date,
    Uuid,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Case {
    Upper,
    Lower,
}

/// A text, or what YAML takes for a number or a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar(pub String);

fn one() -> u64 {
    1
}

fn duration<'de, D: Deserializer<'de>>(reader: D) -> Result<Duration, D::Error> {
    let Scalar(text) = Scalar::deserialize(reader)?;
    task::duration::parse(&text).map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or true or false")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        reader.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns, each with what goes into it")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry::<String, Column>()? {
                    all.push(entry);
                }
                Ok(Columns(all))
            }
        }
        reader.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests;
