//! What `pg_depend` says: who needs whom, and who is only a part of somebody else.

use super::Catalog;
use crate::object::{Address, Id, class};
use crate::objects::Objects;
use serde::Deserialize;
use std::collections::HashMap;
use task::Result;

/// The catalog's own view of dependencies, before it is mapped to what we write.
pub(crate) struct Dependencies {
    /// Needs: from, to.
    pub edges: Vec<(Address, Address)>,
    /// Made and dropped with another object: a row type with its table, an index with its key.
    part_of: HashMap<Address, Address>,
    /// Made by CREATE EXTENSION: member, extension.
    pub members: HashMap<Address, Address>,
}

#[derive(Deserialize)]
struct Row {
    c: u32,
    o: u32,
    rc: u32,
    ro: u32,
    t: char,
    /// A sequence that a table's column owns.
    owned: bool,
}

impl Dependencies {
    pub(crate) async fn read(catalog: &Catalog<'_>, objects: &Objects) -> Result<Self> {
        let query = "SELECT DISTINCT classid::int8 AS c, objid::int8 AS o, refclassid::int8 AS rc,
                refobjid::int8 AS ro, deptype AS t,
                deptype = 'a' AND classid = 'pg_class'::regclass AND relkind = 'S' IS TRUE AS owned
            FROM pg_depend LEFT JOIN pg_class s ON classid = 'pg_class'::regclass AND s.oid = objid
            WHERE (objid >= 16384 AND refobjid >= 16384 OR deptype = 'e')
              -- A foreign key's clones for partitions come with the foreign key.
              -- Nor do the triggers that keep it need to be known.
              AND NOT (classid = 'pg_trigger'::regclass AND deptype = 'i')
              AND NOT (classid = 'pg_constraint'::regclass AND EXISTS (SELECT FROM pg_constraint k
                WHERE k.oid = objid AND contype = 'f' AND conparentid <> 0))";
        let mut found =
            Self { edges: Vec::new(), part_of: HashMap::new(), members: HashMap::new() };
        let add = |row: Row| {
            let from = Address::new(row.c, row.o);
            let to = Address::new(row.rc, row.ro);
            match row.t {
                _ if from == to => {}
                'e' => {
                    found.members.insert(from, to);
                }
                // OWNED BY is a statement of its own: the sequence itself needs no table.
                'a' if row.owned => {}
                'i' => {
                    found.part_of.insert(from, to);
                    found.needs_own(from, to, objects);
                }
                'a' if [class::DEFAULT, class::CONSTRAINT].contains(&row.c) => {
                    found.part_of.entry(from).or_insert(to);
                    found.needs_own(from, to, objects);
                }
                // A member of an operator class that the class could do without.
                'a' if [class::FAMILY_OPERATOR, class::FAMILY_FUNCTION].contains(&row.c)
                    && row.rc == class::OPERATOR_CLASS =>
                {
                    found.part_of.entry(from).or_insert(to);
                    found.edges.push((from, to));
                }
                // A partition's index or trigger: ATTACH has its own needs.
                'P' | 'S' => {}
                _ => found.edges.push((from, to)),
            }
            Ok(())
        };
        catalog.each("dependencies", query, add).await?;
        found.edges.shrink_to_fit();
        Ok(found)
    }

    /// The need of a part for what it is a part of: a need at all only if it is written by itself.
    fn needs_own(&mut self, from: Address, to: Address, objects: &Objects) {
        if objects.get(from.id()).is_some() || self.part_of.get(&from) != Some(&to) {
            self.edges.push((from, to));
        }
    }

    /// What this is a part of, or itself.
    pub(crate) fn whole(&self, of: Address) -> Address {
        let mut whole = of;
        while let Some(next) = self.part_of.get(&whole) {
            whole = *next;
        }
        whole
    }

    /// The object of ours that stands for this one: itself, what it is a part of, or its extension.
    pub(crate) fn written_as(&self, of: Address, written: impl Fn(Id) -> bool) -> Option<Id> {
        let mut stands = of;
        for _ in 0..16 {
            if written(stands.id()) {
                return Some(stands.id());
            }
            stands = *self.members.get(&stands).or_else(|| self.part_of.get(&stands))?;
        }
        None
    }
}
