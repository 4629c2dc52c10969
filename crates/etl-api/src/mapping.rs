//! A record into a row: each field is found in one pass over the record, then written as its column has it.

use crate::field::Field;
use crate::json::{self, Step};
use serde_json::value::RawValue;

pub(crate) struct Mapping<'t> {
    fields: &'t [Field],
    /// The first steps of all paths, each once.
    heads: Vec<&'t str>,
    /// For each field, which of them; none where the path begins otherwise.
    head_of: Vec<Option<usize>>,
}

impl<'t> Mapping<'t> {
    pub(crate) fn new(fields: &'t [Field]) -> Self {
        let mut heads: Vec<&str> = Vec::new();
        let head_of = fields.iter().map(|field| {
            let Some(Step::Key(key)) = field.path.0.first() else { return None };
            let known = heads.iter().position(|head| head == key);
            Some(known.unwrap_or_else(|| {
                heads.push(key);
                heads.len() - 1
            }))
        });
        let head_of = head_of.collect();
        Self { fields, heads, head_of }
    }

    /// Appends all columns, or tells which one cannot be written, and why.
    pub(crate) fn row(&self, record: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
        let mut slots = vec![None; self.heads.len()];
        let object = record.get().starts_with('{');
        if object {
            json::fields(record, &self.heads, &mut slots)
                .map_err(|error| format!("the record {error}"))?;
        }
        for (field, head) in self.fields.iter().zip(&self.head_of) {
            let found = match head {
                Some(head) if object => match slots[*head] {
                    Some(raw) => json::find(raw, &field.path.0[1..]),
                    None => Ok(None),
                },
                _ => json::find(record, &field.path.0),
            };
            let told = |error: String| format!("{} {error}", field.name);
            let found = found.map_err(|error| format!("{}: {error}", field.name))?;
            field.put(found, out).map_err(told)?;
        }
        Ok(())
    }
}
