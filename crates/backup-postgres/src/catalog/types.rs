//! Types: enums, domains, composites, ranges, and shells that wait for a definition.

use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    relation: u32,
    schema: String,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    defined: bool,
    kind: char,
    base: Option<String>,
    collation: Option<String>,
    default: Option<String>,
    labels: Option<Vec<String>>,
    attributes: Option<Vec<Attribute>>,
    constraints: Option<Vec<Constraint>>,
    range: Option<Range>,
    not_null: bool,
}

#[derive(Deserialize)]
struct Attribute {
    number: i32,
    name: String,
    r#type: String,
    collation: Option<String>,
}

#[derive(Deserialize)]
struct Constraint {
    oid: u32,
    name: String,
    kind: char,
    definition: Option<String>,
    validated: bool,
    simple: bool,
}

#[derive(Deserialize)]
struct Range {
    subtype: String,
    operator_class: Option<String>,
    collation: Option<String>,
    canonical: Option<String>,
    difference: Option<String>,
    multirange: Option<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    for row in catalog.read("types", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::TYPE, row.oid);
        let name = qualified(&row.schema, &row.name);
        let create = match (row.defined, row.kind) {
            (false, 'p') => format!("CREATE TYPE {name};\n"),
            (true, 'e') => enumeration(&name, row.labels.as_deref().unwrap_or_default()),
            (true, 'd') => domain(&row, &name)?,
            (true, 'c') => composite(&name, row.attributes.as_deref().unwrap_or_default()),
            (true, 'r') => {
                let Some(range) = &row.range else { continue };
                if range.canonical.is_some() {
                    found.objects.push(shell(&row.schema, &row.name, id));
                }
                range.create(&name)
            }
            // Any other shell: the guard names it.
            _ => continue,
        };
        let target =
            if row.kind == 'd' { format!("DOMAIN {name}") } else { format!("TYPE {name}") };
        let mut ddl =
            create + &catalog.owner(&target, &row.owner) + &catalog.comment_on(&target, id, 0);
        for attribute in row.attributes.iter().flatten() {
            let column = format!("COLUMN {name}.{}", quote::ident(&attribute.name));
            ddl += &catalog.comment_on(
                &column,
                Id::new(class::RELATION, row.relation),
                attribute.number,
            );
        }
        let target = format!("TYPE {name}");
        let grants =
            row.acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
        separate_constraints(catalog, &row, id, &name, &mut ddl, found)?;
        let object = Object::new(id, Kind::Type, Part::PreData, &row.schema, &row.name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}

fn query(catalog: &Catalog) -> String {
    // A multirange's name can be chosen from 14 on.
    let multirange = if catalog.at_least(14) {
        "(SELECT quote_ident(w.nspname) || '.' || quote_ident(m.typname) FROM pg_type m
            JOIN pg_namespace w ON w.oid = m.typnamespace WHERE m.oid = rngmultitypid)"
    } else {
        "NULL"
    };
    format!(
        "SELECT t.oid::int8, typrelid::int8 AS relation, nspname AS schema, typname AS name,
            pg_get_userbyid(typowner) AS owner, {acl},
            typisdefined AS defined, typtype AS kind, typnotnull AS not_null,
            CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END AS base,
            CASE WHEN typtype = 'd' AND typcollation <> (SELECT typcollation FROM pg_type b
                WHERE b.oid = t.typbasetype) THEN typcollation::regcollation::text END AS collation,
            CASE WHEN typtype = 'd' THEN
                coalesce(pg_get_expr(typdefaultbin, 'pg_type'::regclass), quote_literal(typdefault))
                END AS default,
            CASE WHEN typtype = 'e' THEN (SELECT json_agg(enumlabel ORDER BY enumsortorder)
                FROM pg_enum WHERE enumtypid = t.oid) END AS labels,
            CASE WHEN typtype = 'c' THEN (SELECT json_agg(json_build_object(
                'number', attnum, 'name', attname, 'type', format_type(atttypid, atttypmod),
                'collation', CASE WHEN attcollation <> a.typcollation
                    THEN attcollation::regcollation::text END) ORDER BY attnum)
                FROM pg_attribute JOIN pg_type a ON a.oid = atttypid
                WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped) END AS attributes,
            CASE WHEN typtype = 'd' THEN (SELECT json_agg(json_build_object(
                'oid', k.oid::int8, 'name', conname, 'kind', contype, 'validated', convalidated,
                'definition', pg_get_constraintdef(k.oid), 'simple', NOT EXISTS (
                    SELECT FROM pg_depend p WHERE p.classid = 'pg_constraint'::regclass
                    AND p.objid = k.oid AND p.refobjid >= 16384 AND p.refobjid <> t.oid))
                ORDER BY conname) FROM pg_constraint k WHERE contypid = t.oid) END AS constraints,
            CASE WHEN typtype = 'r' THEN (SELECT json_build_object(
                'subtype', format_type(rngsubtype, NULL),
                'operator_class', CASE WHEN NOT opcdefault THEN
                    quote_ident(o.nspname) || '.' || quote_ident(opcname) END,
                'collation', CASE WHEN rngcollation <> (SELECT typcollation FROM pg_type s
                    WHERE s.oid = rngsubtype) THEN rngcollation::regcollation::text END,
                'canonical', nullif(rngcanonical::text, '-'),
                'difference', nullif(rngsubdiff::text, '-'),
                'multirange', {multirange})
                FROM pg_range JOIN pg_opclass c ON c.oid = rngsubopc
                JOIN pg_namespace o ON o.oid = opcnamespace WHERE rngtypid = t.oid) END AS range
         FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
         WHERE n.oid = ANY({schemas}) AND {not_extension}
           AND (typtype IN ('e', 'd', 'r') OR NOT typisdefined
             OR typtype = 'c' AND (SELECT relkind FROM pg_class c WHERE c.oid = typrelid) = 'c')",
        acl = privileges::columns("typacl", 'T', "typowner"),
        schemas = catalog.scope.schemas(),
        not_extension = catalog.scope.not_of_an_extension("pg_type", "t.oid"),
    )
}

fn enumeration(name: &str, labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| quote::literal(label)).collect();
    format!("CREATE TYPE {name} AS ENUM ({});\n", labels.join(", "))
}

fn composite(name: &str, attributes: &[Attribute]) -> String {
    let attributes: Vec<String> = attributes
        .iter()
        .map(|attribute| {
            let collate = attribute.collation.as_ref();
            let collate = collate.map_or_else(String::new, |name| format!(" COLLATE {name}"));
            format!("{} {}{collate}", quote::ident(&attribute.name), attribute.r#type)
        })
        .collect();
    format!("CREATE TYPE {name} AS ({});\n", attributes.join(", "))
}

fn domain(row: &Row, name: &str) -> Result<String> {
    let mut create = format!("CREATE DOMAIN {name} AS {}", row.base.as_deref().unwrap_or_default());
    if let Some(collation) = &row.collation {
        create += &format!(" COLLATE {collation}");
    }
    if let Some(default) = &row.default {
        let default = printed(Some(default), || format!("the default of domain {name}"))?;
        create += &format!(" DEFAULT {default}");
    }
    let constraints = row.constraints.as_deref().unwrap_or_default();
    if row.not_null && !constraints.iter().any(|constraint| constraint.kind == 'n') {
        create += " NOT NULL";
    }
    for constraint in constraints.iter().filter(|constraint| constraint.stands_inline()) {
        create += &format!(
            " CONSTRAINT {} {}",
            quote::ident(&constraint.name),
            constraint.definition(name)?
        );
    }
    Ok(create + ";\n")
}

impl Constraint {
    /// A check that refers to nothing of the user's can stand in CREATE DOMAIN.
    fn stands_inline(&self) -> bool {
        self.kind == 'n' || self.validated && self.simple
    }

    fn definition(&self, domain: &str) -> Result<String> {
        if self.kind == 'n' {
            return Ok("NOT NULL".to_owned());
        }
        let what = || format!("the constraint `{}` of domain {domain}", self.name);
        printed(self.definition.as_deref(), what)
    }
}

/// The constraints of a domain that come by ALTER DOMAIN, and the comments of all of them.
fn separate_constraints(
    catalog: &Catalog,
    row: &Row,
    domain: Id,
    name: &str,
    ddl: &mut String,
    found: &mut Contents,
) -> Result<()> {
    for constraint in row.constraints.iter().flatten() {
        let id = Id::new(class::CONSTRAINT, constraint.oid);
        let target = format!("CONSTRAINT {} ON DOMAIN {name}", quote::ident(&constraint.name));
        let comment = catalog.comment_on(&target, id, 0);
        if constraint.stands_inline() {
            *ddl += &comment;
            continue;
        }
        let add = format!(
            "ALTER DOMAIN {name} ADD CONSTRAINT {} {};\n{comment}",
            quote::ident(&constraint.name),
            constraint.definition(name)?
        );
        // One that was never validated may not hold for the rows.
        let part = if constraint.validated { Part::PreData } else { Part::PostData };
        let check = Object::new(id, Kind::Check, part, &row.schema, &row.name, add);
        found.objects.push(check.needing([domain]));
    }
    Ok(())
}

impl Range {
    fn create(&self, name: &str) -> String {
        let options = [
            ("SUBTYPE", Some(&self.subtype)),
            ("SUBTYPE_OPCLASS", self.operator_class.as_ref()),
            ("COLLATION", self.collation.as_ref()),
            ("CANONICAL", self.canonical.as_ref()),
            ("SUBTYPE_DIFF", self.difference.as_ref()),
            ("MULTIRANGE_TYPE_NAME", self.multirange.as_ref()),
        ];
        let options: Vec<String> = options
            .iter()
            .filter_map(|(key, value)| value.map(|value| format!("{key} = {value}")))
            .collect();
        format!("CREATE TYPE {name} AS RANGE ({});\n", options.join(", "))
    }
}

/// Functions that a type needs take and give the type: its name must exist before both.
pub(super) fn shell(schema: &str, name: &str, id: Id) -> Object {
    let create = format!("CREATE TYPE {};\n", qualified(schema, name));
    Object::new(id.step(Step::Placeholder), Kind::Type, Part::PreData, schema, name, create)
}
