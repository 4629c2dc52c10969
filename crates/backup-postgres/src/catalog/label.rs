//! Security labels: written wherever a comment would be, and each of them accounted for.

use super::{Catalog, quote};
use crate::object::Id;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use task::Result;

/// Catalog, OID and column.
type Address = (u32, u32, i32);

#[derive(Default)]
pub(super) struct Labels {
    labels: HashMap<Address, Vec<Label>>,
    written: Mutex<HashSet<Address>>,
}

#[derive(Deserialize)]
struct Label {
    classoid: u32,
    objoid: u32,
    objsubid: i32,
    provider: String,
    text: String,
}

pub(super) async fn read(catalog: &Catalog<'_>) -> Result<Labels> {
    // Subscriptions are in one catalog for all databases, and so are their labels.
    let query = "SELECT classoid::int8, objoid::int8, objsubid, provider, label AS text FROM (
            SELECT classoid, objoid, objsubid, provider, label FROM pg_seclabel
            UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_shseclabel
            WHERE classoid = 'pg_subscription'::regclass) AS l
        ORDER BY provider";
    let mut labels: HashMap<Address, Vec<Label>> = HashMap::new();
    for row in catalog.read("security labels", query).await? {
        let row: Label = row;
        labels.entry((row.classoid, row.objoid, row.objsubid)).or_default().push(row);
    }
    Ok(Labels { labels, written: Mutex::default() })
}

impl Catalog<'_> {
    /// `SECURITY LABEL … ON …` for each provider, or nothing.
    pub(super) fn labels_on(&self, target: &str, id: Id, column: i32) -> String {
        let address = (id.class, id.oid, column);
        let Some(labels) = self.labels.labels.get(&address) else { return String::new() };
        self.labels.written.lock().unwrap_or_else(PoisonError::into_inner).insert(address);
        let label = |Label { provider, text, .. }: &Label| {
            let (provider, text) = (quote::ident(provider), quote::literal(text));
            format!("SECURITY LABEL FOR {provider} ON {target} IS {text};\n")
        };
        labels.iter().map(label).collect()
    }

    /// Objects with a label for which nobody wrote a statement.
    pub(crate) fn unwritten_labels(&self) -> Vec<Id> {
        let written = self.labels.written.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.labels.labels.keys().filter(|address| !written.contains(address));
        left.map(|(class, oid, _)| Id::new(*class, *oid)).collect()
    }
}
