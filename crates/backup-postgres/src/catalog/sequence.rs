//! Sequences: free ones, owned ones (serial) and those of identity columns; and their positions.

use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use std::fmt::Write;
use task::Result;

/// A sequence whose position is to be saved.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    pub schema: String,
    pub name: String,
}

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    persistence: char,
    #[serde(flatten)]
    acl: Acl,
    r#type: String,
    start: i64,
    increment: i64,
    max: i64,
    min: i64,
    cache: i64,
    cycle: bool,
    used_by: Option<User>,
}

#[derive(Deserialize)]
struct User {
    table_oid: u32,
    schema: String,
    table: String,
    column: String,
    persistence: char,
    /// Whether the table is saved, too.
    saved: bool,
    /// `a` always, `d` by default, empty when it is owned by a plain column.
    identity: String,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT c.oid::int8, nspname AS schema, relname AS name,
            pg_get_userbyid(relowner) AS owner, relpersistence AS persistence, {},
            format_type(seqtypid, NULL) AS type, seqstart AS start, seqincrement AS increment,
            seqmax AS max, seqmin AS min, seqcache AS cache, seqcycle AS cycle,
            (SELECT json_build_object('table_oid', t.oid::int8, 'schema', o.nspname,
                'table', t.relname, 'column', attname, 'saved', o.oid = ANY({}) AND {}, 'persistence', t.relpersistence,
                'identity', CASE deptype WHEN 'i' THEN attidentity::text ELSE '' END)
             FROM pg_depend d JOIN pg_class t ON t.oid = refobjid
             JOIN pg_namespace o ON o.oid = t.relnamespace
             JOIN pg_attribute a ON attrelid = t.oid AND attnum = refobjsubid
             WHERE d.classid = 'pg_class'::regclass AND objid = c.oid AND objsubid = 0
               AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')) AS used_by
         FROM pg_class c JOIN pg_sequence ON seqrelid = c.oid
         JOIN pg_namespace n ON n.oid = relnamespace
         WHERE n.oid = ANY({}) AND {} AND {}",
        privileges::columns("relacl", 's', "relowner"),
        catalog.scope.schemas(),
        catalog.scope.not_excluded("t.oid"),
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_class", "c.oid"),
        catalog.scope.not_excluded("c.oid"),
    );
    let take = |row: Row| {
        if row.used_by.as_ref().is_some_and(|user| !user.saved && !user.identity.is_empty()) {
            // An identity column's goes with its table.
            found.skipped.push((Id::new(class::RELATION, row.oid), None));
            return Ok(());
        }
        write(catalog, &row, found)?;
        if catalog.scope.keeps_data(row.oid) {
            found.sequences.push(Sequence { schema: row.schema, name: row.name });
        }
        Ok(())
    };
    catalog.each("sequences", &query, take).await?;
    found.sequences.sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    Ok(())
}

fn write(catalog: &Catalog, row: &Row, found: &mut Contents) -> Result<()> {
    let id = Id::new(class::RELATION, row.oid);
    let name = qualified(&row.schema, &row.name);
    let target = format!("SEQUENCE {name}");
    let identity = row.used_by.as_ref().filter(|column| !column.identity.is_empty());
    let mut needs = Vec::new();
    let mut ddl = if let Some(column) = identity {
        needs.push(Id::new(class::RELATION, column.table_oid));
        row.identity_column(catalog, column, &name)
    } else {
        let unlogged = if row.persistence == 'u' { "UNLOGGED " } else { "" };
        let mut create = format!("CREATE {unlogged}SEQUENCE {name} AS {}", row.r#type);
        create += &row.options();
        create + ";\n" + &catalog.owner(&target, &row.owner)
    };
    ddl += &catalog.comment_on(&target, id, 0);
    let grants =
        row.acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
    let object = Object::new(id, Kind::Sequence, Part::PreData, &row.schema, &row.name, ddl);
    found.objects.push(object.granting(grants).needing(needs));
    let column = row.used_by.as_ref().filter(|column| column.identity.is_empty() && column.saved);
    if let Some(column) = column {
        let table = Id::new(class::RELATION, column.table_oid);
        let link = format!(
            "ALTER {target} OWNED BY {}.{};\n",
            qualified(&column.schema, &column.table),
            quote::ident(&column.column)
        );
        let owned = id.step(Step::Link);
        let object =
            Object::new(owned, Kind::SequenceOwner, Part::PreData, &row.schema, &row.name, link);
        found.objects.push(object.needing([id, table]));
    }
    Ok(())
}

impl Row {
    fn options(&self) -> String {
        format!(
            " START WITH {} INCREMENT BY {} MINVALUE {} MAXVALUE {} CACHE {}{}",
            self.start,
            self.increment,
            self.min,
            self.max,
            self.cache,
            if self.cycle { " CYCLE" } else { "" }
        )
    }

    /// The sequence of an identity column is made by the column.
    fn identity_column(&self, catalog: &Catalog, column: &User, name: &str) -> String {
        let always = if column.identity == "a" { "ALWAYS" } else { "BY DEFAULT" };
        let mut ddl = format!(
            "ALTER TABLE {} ALTER COLUMN {} ADD GENERATED {always} AS IDENTITY (SEQUENCE NAME {name}{});\n",
            qualified(&column.schema, &column.table),
            quote::ident(&column.column),
            self.options()
        );
        // Before 15, sequences are logged whatever their table is.
        if catalog.at_least(15) && self.persistence != column.persistence {
            let logged = if self.persistence == 'u' { "UNLOGGED" } else { "LOGGED" };
            let _ = writeln!(ddl, "ALTER SEQUENCE {name} SET {logged};");
        }
        ddl
    }
}

/// `SELECT setval(…)` for each: read after the snapshot was taken, because sequences know none.
pub(crate) async fn positions(
    catalog: &Catalog<'_>,
    sequences: &[Sequence],
) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Row {
        number: usize,
        last_value: i64,
        is_called: bool,
    }
    let mut statements = Vec::new();
    for batch in sequences.chunks(200) {
        let selects: Vec<String> = batch
            .iter()
            .enumerate()
            .map(|(number, sequence)| {
                let name = qualified(&sequence.schema, &sequence.name);
                format!("SELECT {number} AS number, last_value, is_called FROM {name}")
            })
            .collect();
        let rows: Vec<Row> =
            catalog.read("sequence positions", &selects.join(" UNION ALL ")).await?;
        for row in rows {
            let sequence = &batch[row.number];
            let name = quote::literal(&qualified(&sequence.schema, &sequence.name));
            statements.push(format!(
                "SELECT pg_catalog.setval({name}, {}, {});\n",
                row.last_value, row.is_called
            ));
        }
    }
    Ok(statements)
}
