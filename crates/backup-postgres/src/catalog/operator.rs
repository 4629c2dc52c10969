//! Operators. One that is named as commutator or negator before it is there becomes a shell, which
//! its own statement fills: so these two need no order.

use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    #[serde(flatten)]
    name: Name,
    owner: String,
    /// None for a shell.
    function: Option<String>,
    left: Option<String>,
    right: Option<String>,
    commutator: Option<Name>,
    negator: Option<Name>,
    restrict: Option<String>,
    join: Option<String>,
    merges: bool,
    hashes: bool,
    /// Whether another operator names this one.
    named: bool,
}

#[derive(Deserialize)]
struct Name {
    schema: String,
    name: String,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    for row in catalog.read("operators", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::OPERATOR, row.oid);
        let name = row.name.qualified()?;
        let none = || "NONE".to_owned();
        let types = format!(
            "({}, {})",
            row.left.clone().unwrap_or_else(none),
            row.right.clone().unwrap_or_else(none)
        );
        let Some(function) = &row.function else {
            if row.named {
                found.inside.push(id);
            } else {
                let reason = format!("operator {name} {types}, which was named but never defined");
                found.skipped.push((id, Some(reason)));
            }
            continue;
        };
        let target = format!("OPERATOR {name} {types}");
        let ddl = format!(
            "CREATE OPERATOR {name} (\n    {}\n);\n",
            row.options(function)?.join(",\n    ")
        ) + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let sorted = format!("{} {types}", row.name.name);
        let schema = &row.name.schema;
        found.objects.push(Object::new(id, Kind::Operator, Part::PreData, schema, &sorted, ddl));
    }
    Ok(())
}

fn query(catalog: &Catalog) -> String {
    let other = |column: &str| {
        format!(
            "(SELECT json_build_object('schema', s.nspname, 'name', x.oprname) FROM pg_operator x
             JOIN pg_namespace s ON s.oid = x.oprnamespace WHERE x.oid = o.{column})"
        )
    };
    format!(
        "SELECT o.oid::int8, nspname AS schema, oprname AS name,
            pg_get_userbyid(oprowner) AS owner, nullif(oprcode::text, '-') AS function,
            CASE WHEN oprleft <> 0 THEN format_type(oprleft, NULL) END AS left,
            CASE WHEN oprright <> 0 THEN format_type(oprright, NULL) END AS right,
            {} AS commutator, {} AS negator,
            nullif(oprrest::text, '-') AS restrict, nullif(oprjoin::text, '-') AS join,
            oprcanmerge AS merges, oprcanhash AS hashes,
            oprcode = 0 AND EXISTS (SELECT FROM pg_operator x
             WHERE o.oid IN (x.oprcom, x.oprnegate) AND x.oprcode <> 0) AS named
         FROM pg_operator o JOIN pg_namespace n ON n.oid = oprnamespace
         WHERE n.oid = ANY({}) AND {}",
        other("oprcom"),
        other("oprnegate"),
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_operator", "o.oid"),
    )
}

impl Row {
    fn options(&self, function: &str) -> Result<Vec<String>> {
        let other = |name: &Option<Name>| {
            let name = name.as_ref().map(Name::qualified).transpose()?;
            Ok(name.map(|name| format!("OPERATOR({name})")))
        };
        let options = [
            ("FUNCTION", Some(function.to_owned())),
            ("LEFTARG", self.left.clone()),
            ("RIGHTARG", self.right.clone()),
            ("COMMUTATOR", other(&self.commutator)?),
            ("NEGATOR", other(&self.negator)?),
            ("RESTRICT", self.restrict.clone()),
            ("JOIN", self.join.clone()),
        ];
        let given = options.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let mut options: Vec<String> =
            given.map(|(key, value)| format!("{key} = {value}")).collect();
        let words = [(self.merges, "MERGES"), (self.hashes, "HASHES")];
        options.extend(words.iter().filter(|word| word.0).map(|word| word.1.to_owned()));
        Ok(options)
    }
}

impl Name {
    /// There are no quotes for operators, so what could be anything else must not pass.
    fn qualified(&self) -> Result<String> {
        if self.name.is_empty() || !self.name.chars().all(|c| "+-*/<>=~!@#%^&|`?".contains(c)) {
            return Err(Error::usage(format!("cannot write an operator named `{}`", self.name)));
        }
        Ok(format!("{}.{}", quote::ident(&self.schema), self.name))
    }
}
