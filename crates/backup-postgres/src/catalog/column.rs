//! Columns of tables and views: their definition, and what is set on them afterwards.

use super::foreign::options_clause;
use super::privileges::{Acl, Target};
use super::{Catalog, printed, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use std::fmt::Write;
use task::Result;

#[derive(Deserialize)]
pub(super) struct Column {
    pub(super) number: i32,
    pub(super) name: String,
    pub(super) r#type: String,
    /// Where it is not the type's own.
    pub(super) collation: Option<String>,
    not_null: bool,
    not_null_constraint: Option<NotNull>,
    /// Where it is not the type's own.
    storage: Option<char>,
    compression: Option<char>,
    statistics: Option<i32>,
    options: Option<Vec<String>>,
    /// Of a foreign table's column, for its wrapper.
    foreign_options: Option<Vec<String>>,
    /// `s` stored, `v` virtual, empty otherwise.
    pub(super) generated: String,
    default: Option<Default>,
    /// A table that this one inherits from has a default for the column.
    parent_default: bool,
    local: bool,
    acl: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Default {
    oid: u32,
    expression: Option<String>,
    /// Refers to nothing of the user's but sequences.
    simple: bool,
}

/// The constraint behind NOT NULL, which has a name from 18 on.
#[derive(Deserialize)]
struct NotNull {
    oid: u32,
    name: String,
    no_inherit: bool,
    /// Written here: its own, or stronger than that of a table it inherits from.
    local: bool,
    validated: bool,
}

/// The table or view that the columns belong to.
pub(super) struct Relation<'a> {
    pub(super) id: Id,
    pub(super) schema: &'a str,
    pub(super) name: &'a str,
    pub(super) qualified: &'a str,
    pub(super) owner: &'a str,
    pub(super) is_partition: bool,
    pub(super) is_typed: bool,
    pub(super) is_view: bool,
}

/// A query column with all columns of relation `c`, as JSON.
pub(super) fn json(catalog: &Catalog) -> String {
    let compression =
        if catalog.at_least(14) { "nullif(attcompression::text, '')" } else { "NULL" };
    let not_null = if catalog.at_least(18) {
        "CASE WHEN attnotnull THEN (SELECT json_build_object('oid', k.oid::int8, 'name', conname,
            'local', conislocal OR convalidated AND EXISTS (SELECT FROM pg_inherits
                JOIN pg_attribute b ON b.attrelid = inhparent AND b.attname = a.attname
                JOIN pg_constraint p ON p.conrelid = inhparent AND p.contype = 'n'
                  AND p.conkey[1] = b.attnum AND NOT p.convalidated WHERE inhrelid = c.oid),
            'no_inherit', connoinherit, 'validated', convalidated)
          FROM pg_constraint k WHERE conrelid = c.oid AND contype = 'n' AND conkey[1] = attnum) END"
    } else {
        "NULL"
    };
    format!(
        "coalesce((SELECT json_agg(json_build_object(
            'number', attnum, 'name', attname, 'type', format_type(atttypid, atttypmod),
            'collation', CASE WHEN attcollation <> y.typcollation
                THEN attcollation::regcollation::text END,
            'not_null', attnotnull, 'not_null_constraint', {not_null},
            'storage', CASE WHEN attstorage <> typstorage THEN attstorage END,
            'compression', {compression}, 'statistics', nullif(attstattarget, -1),
            'options', attoptions, 'foreign_options', attfdwoptions, 'generated', attgenerated,
            'default', CASE WHEN d.oid IS NOT NULL THEN json_build_object(
                'oid', d.oid::int8, 'expression', pg_get_expr(adbin, adrelid), 'simple', NOT EXISTS (
                    SELECT FROM pg_depend p LEFT JOIN pg_class s
                      ON p.refclassid = 'pg_class'::regclass AND s.oid = refobjid
                    WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                      AND refobjid >= 16384 AND refobjid <> c.oid
                      AND s.relkind IS DISTINCT FROM 'S')) END,
            'parent_default', attinhcount > 0 AND EXISTS (SELECT FROM pg_inherits JOIN pg_attribute b
                ON b.attrelid = inhparent AND b.attname = a.attname AND NOT b.attisdropped
                WHERE inhrelid = c.oid AND b.atthasdef AND b.attgenerated = ''),
            'local', attislocal, 'acl', attacl::text[]) ORDER BY attnum)
          FROM pg_attribute a JOIN pg_type y ON y.oid = atttypid
          LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), '[]') AS columns"
    )
}

impl Column {
    /// Whether CREATE TABLE names it: inherited ones come with the parent.
    fn is_written(&self, owner: &Relation) -> bool {
        self.local || owner.is_partition
    }

    /// The entry in CREATE TABLE's list, if there is one.
    pub(super) fn definition(&self, owner: &Relation) -> Result<Option<String>> {
        if !self.is_written(owner) {
            return Ok(None);
        }
        let mut properties = self.value(owner)?;
        if let Some(not_null) = self.not_null(owner) {
            properties.push(' ');
            properties += &not_null;
        }
        let name = quote::ident(&self.name);
        if owner.is_typed {
            return Ok((!properties.is_empty()).then(|| format!("{name} WITH OPTIONS{properties}")));
        }
        let collate = self.collation.as_ref();
        let collate = collate.map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
        Ok(Some(format!("{name} {}{collate}{properties}", self.r#type)))
    }

    /// DEFAULT or GENERATED, if it can stand in the definition.
    fn value(&self, owner: &Relation) -> Result<String> {
        let Some(default) = &self.default else {
            // Without a word it would take the default of the parent it is merged with.
            let inherits = self.parent_default && !owner.is_partition;
            return Ok(if inherits { " DEFAULT NULL".to_owned() } else { String::new() });
        };
        if self.generated.is_empty() && !default.simple {
            return Ok(String::new());
        }
        let expression = self.expression(default, owner)?;
        Ok(match self.generated.as_str() {
            "" => format!(" DEFAULT {expression}"),
            "s" => format!(" GENERATED ALWAYS AS ({expression}) STORED"),
            _ => format!(" GENERATED ALWAYS AS ({expression}) VIRTUAL"),
        })
    }

    fn expression(&self, default: &Default, owner: &Relation) -> Result<String> {
        let what = || format!("the default of column `{}` of {}", self.name, owner.qualified);
        printed(default.expression.as_deref(), what)
    }

    fn not_null(&self, owner: &Relation) -> Option<String> {
        match &self.not_null_constraint {
            Some(constraint) => {
                let here = constraint.validated && (constraint.local || owner.is_partition);
                let no_inherit = if constraint.no_inherit { " NO INHERIT" } else { "" };
                here.then(|| {
                    format!("CONSTRAINT {} NOT NULL{no_inherit}", quote::ident(&constraint.name))
                })
            }
            None => self.not_null.then(|| "NOT NULL".to_owned()),
        }
    }

    /// What follows the CREATE statement: ALTER COLUMN and comments.
    pub(super) fn settings(&self, catalog: &Catalog, owner: &Relation) -> String {
        let table = owner.qualified;
        let name = quote::ident(&self.name);
        let mut ddl = String::new();
        if !self.is_written(owner) {
            ddl += &self.inherited_settings(table, &name);
        }
        let mut alter = |what: String| {
            let _ = writeln!(ddl, "ALTER TABLE ONLY {table} ALTER COLUMN {name} {what};");
        };
        if let Some(statistics) = self.statistics {
            alter(format!("SET STATISTICS {statistics}"));
        }
        match self.storage {
            Some('p') => alter("SET STORAGE PLAIN".to_owned()),
            Some('e') => alter("SET STORAGE EXTERNAL".to_owned()),
            Some('m') => alter("SET STORAGE MAIN".to_owned()),
            Some('x') => alter("SET STORAGE EXTENDED".to_owned()),
            _ => {}
        }
        match self.compression {
            Some('p') => alter("SET COMPRESSION pglz".to_owned()),
            Some('l') => alter("SET COMPRESSION lz4".to_owned()),
            _ => {}
        }
        if let Some(options) = &self.options {
            alter(format!("SET ({})", options_list(options)));
        }
        if self.foreign_options.is_some() {
            alter(options_clause(self.foreign_options.as_deref()).trim_start().to_owned());
        }
        ddl += &catalog.comment_on(&format!("COLUMN {table}.{name}"), owner.id, self.number);
        if let Some(constraint) =
            self.not_null_constraint.as_ref().filter(|not_null| not_null.validated)
        {
            let target = format!("CONSTRAINT {} ON {table}", quote::ident(&constraint.name));
            ddl += &catalog.comment_on(&target, Id::new(class::CONSTRAINT, constraint.oid), 0);
        }
        ddl
    }

    /// An inherited column's own NOT NULL, and the default that it does not take from its parent.
    fn inherited_settings(&self, table: &str, name: &str) -> String {
        let mut ddl = String::new();
        match &self.not_null_constraint {
            Some(constraint) if constraint.local && constraint.validated => {
                let no_inherit = if constraint.no_inherit { " NO INHERIT" } else { "" };
                let constraint = quote::ident(&constraint.name);
                let _ = writeln!(
                    ddl,
                    "ALTER TABLE ONLY {table} ADD CONSTRAINT {constraint} NOT NULL {name}{no_inherit};"
                );
            }
            None if self.not_null => {
                let _ = writeln!(ddl, "ALTER TABLE ONLY {table} ALTER COLUMN {name} SET NOT NULL;");
            }
            _ => {}
        }
        if self.default.is_none() && self.parent_default && self.generated.is_empty() {
            let _ = writeln!(ddl, "ALTER TABLE ONLY {table} ALTER COLUMN {name} DROP DEFAULT;");
        }
        ddl
    }

    /// A default that comes after the table, and a NOT NULL that was never validated.
    pub(super) fn separate(&self, catalog: &Catalog, owner: &Relation) -> Result<Vec<Object>> {
        let table = owner.qualified;
        let name = quote::ident(&self.name);
        let mut objects = Vec::new();
        if let Some(default) = &self.default
            && self.generated.is_empty()
            && (owner.is_view || !default.simple || !self.is_written(owner))
        {
            let expression = self.expression(default, owner)?;
            let ddl =
                format!("ALTER TABLE ONLY {table} ALTER COLUMN {name} SET DEFAULT {expression};\n");
            let id = Id::new(class::DEFAULT, default.oid);
            let object =
                Object::new(id, Kind::Default, Part::PreData, owner.schema, owner.name, ddl);
            objects.push(object.needing([owner.id]));
        }
        if let Some(constraint) = self
            .not_null_constraint
            .as_ref()
            .filter(|not_null| !not_null.validated && not_null.local)
        {
            let id = Id::new(class::CONSTRAINT, constraint.oid);
            let no_inherit = if constraint.no_inherit { " NO INHERIT" } else { "" };
            let quoted = quote::ident(&constraint.name);
            let ddl = format!(
                "ALTER TABLE {table} ADD CONSTRAINT {quoted} NOT NULL {name}{no_inherit} NOT VALID;\n"
            ) + &catalog.comment_on(&format!("CONSTRAINT {quoted} ON {table}"), id, 0);
            let object =
                Object::new(id, Kind::Check, Part::PostData, owner.schema, owner.name, ddl);
            objects.push(object.needing([owner.id]));
        }
        Ok(objects)
    }

    pub(super) fn grants(&self, catalog: &Catalog, owner: &Relation) -> Result<String> {
        let on = format!("TABLE {}", owner.qualified);
        let target = Target { on: &on, owner: owner.owner, column: Some(&self.name) };
        Acl::new(self.acl.clone(), Vec::new()).grants(catalog, &target)
    }
}

/// `"key"='value', …` from the catalog's `key=value` strings. A prefix such as `toast.` is kept.
pub(super) fn options_list(options: &[String]) -> String {
    let options: Vec<String> = options
        .iter()
        .map(|option| {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let key: Vec<String> = key.splitn(2, '.').map(quote::ident).collect();
            format!("{}={}", key.join("."), quote::literal(value))
        })
        .collect();
    options.join(", ")
}
