//! A manifest without what makes it large.

use crate::manifest::{Artifact, Content, FORMAT, Server, check_names, check_parent, known};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use task::{Context, Result};

/// What a list shows of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub kind: String,
    pub name: String,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub tool: String,
    pub server: Option<Server>,
    pub artifact: Artifact,
    /// The file of the backup that this one builds on.
    pub parent: Option<String>,
    pub verified: bool,
    /// How many tables, collections or folders.
    pub contents: usize,
    pub rows: u64,
}

/// Refuses the keys that [`crate::manifest::Manifest`] refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    kind: String,
    name: String,
    started: Timestamp,
    finished: Timestamp,
    tool: String,
    server: Option<Server>,
    artifact: Artifact,
    #[serde(default)]
    parent: Option<String>,
    verified: bool,
    #[serde(default, rename = "properties")]
    _properties: BTreeMap<String, String>,
    contents: Vec<Content>,
    #[serde(rename = "chunks")]
    _chunks: Vec<IgnoredAny>,
}

impl Summary {
    pub(crate) fn parse(file: &str, json: &[u8]) -> Result<Self> {
        known(file, json)?;
        let form: Form = serde_json::from_slice(json)
            .integrity(|| format!("{file} is not a manifest of format {FORMAT}"))?;
        check_names(file, &form.artifact, &form.kind, &form.name)?;
        check_parent(file, form.parent.as_deref(), &form.artifact)?;
        let rows = form.contents.iter().fold(0_u64, |sum, c| sum.saturating_add(c.tally.rows));
        Ok(Self {
            kind: form.kind,
            name: form.name,
            started: form.started,
            finished: form.finished,
            tool: form.tool,
            server: form.server,
            artifact: form.artifact,
            parent: form.parent,
            verified: form.verified,
            contents: form.contents.len(),
            rows,
        })
    }
}
