//! Base types: a shell first, then the functions that read and print its values, then the type.

use super::privileges::{self, Acl, Target};
use super::types::shell;
use super::{Catalog, Contents, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    length: i32,
    by_value: bool,
    input: String,
    output: String,
    receive: Option<String>,
    send: Option<String>,
    modifier_in: Option<String>,
    modifier_out: Option<String>,
    analyze: Option<String>,
    subscript: Option<String>,
    element: Option<String>,
    collatable: bool,
    default: Option<String>,
    category: String,
    preferred: bool,
    delimiter: String,
    alignment: char,
    storage: char,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    for row in catalog.read("base types", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::TYPE, row.oid);
        let name = qualified(&row.schema, &row.name);
        let target = format!("TYPE {name}");
        let ddl = format!("CREATE {target} (\n    {}\n);\n", row.options(&name)?.join(",\n    "))
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let grants =
            row.acl.grants(catalog, &Target { on: &target, owner: &row.owner, column: None })?;
        found.objects.push(shell(&row.schema, &row.name, id));
        let object = Object::new(id, Kind::Type, Part::PreData, &row.schema, &row.name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}

fn query(catalog: &Catalog) -> String {
    let subscript =
        if catalog.at_least(14) { "nullif(typsubscript::regproc::text, '-')" } else { "NULL" };
    format!(
        "SELECT t.oid::int8, nspname AS schema, typname AS name,
            pg_get_userbyid(typowner) AS owner, {acl}, typlen AS length, typbyval AS by_value,
            typinput::text AS input, typoutput::text AS output,
            nullif(typreceive::text, '-') AS receive, nullif(typsend::text, '-') AS send,
            nullif(typmodin::text, '-') AS modifier_in,
            nullif(typmodout::text, '-') AS modifier_out,
            nullif(typanalyze::text, '-') AS analyze, {subscript} AS subscript,
            CASE WHEN typelem <> 0 THEN format_type(typelem, NULL) END AS element,
            typcollation <> 0 AS collatable, typdefault AS default, typcategory AS category,
            typispreferred AS preferred, typdelim AS delimiter, typalign AS alignment,
            typstorage AS storage
         FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
         WHERE typtype = 'b' AND typisdefined AND n.oid = ANY({schemas}) AND {not_extension}
           AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)",
        acl = privileges::columns("typacl", 'T', "typowner"),
        schemas = catalog.scope.schemas(),
        not_extension = catalog.scope.not_of_an_extension("pg_type", "t.oid"),
    )
}

impl Row {
    fn options(&self, name: &str) -> Result<Vec<String>> {
        let unknown = |what: &str, letter: char| {
            Error::usage(format!("cannot write the type {name} of {what} `{letter}`"))
        };
        let alignment = match self.alignment {
            'c' => "char",
            's' => "int2",
            'i' => "int4",
            'd' => "double",
            other => return Err(unknown("alignment", other)),
        };
        let storage = match self.storage {
            'p' => "plain",
            'e' => "external",
            'm' => "main",
            'x' => "extended",
            other => return Err(unknown("storage", other)),
        };
        let length =
            if self.length == -1 { "VARIABLE".to_owned() } else { self.length.to_string() };
        let yes = |set: bool| set.then(|| "true".to_owned());
        let options = [
            ("INPUT", Some(self.input.clone())),
            ("OUTPUT", Some(self.output.clone())),
            ("RECEIVE", self.receive.clone()),
            ("SEND", self.send.clone()),
            ("TYPMOD_IN", self.modifier_in.clone()),
            ("TYPMOD_OUT", self.modifier_out.clone()),
            ("ANALYZE", self.analyze.clone()),
            ("SUBSCRIPT", self.subscript.clone()),
            ("INTERNALLENGTH", Some(length)),
            ("PASSEDBYVALUE", yes(self.by_value)),
            ("ALIGNMENT", Some(alignment.to_owned())),
            ("STORAGE", Some(storage.to_owned())),
            ("CATEGORY", Some(quote::literal(&self.category))),
            ("PREFERRED", yes(self.preferred)),
            ("DEFAULT", self.default.as_deref().map(quote::literal)),
            ("ELEMENT", self.element.clone()),
            ("DELIMITER", Some(quote::literal(&self.delimiter))),
            ("COLLATABLE", yes(self.collatable)),
        ];
        let given = options.into_iter().filter_map(|(key, value)| Some((key, value?)));
        Ok(given.map(|(key, value)| format!("{key} = {value}")).collect())
    }
}
