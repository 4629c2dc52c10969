//! Aggregates: the server does not print them, so they are assembled from `pg_aggregate`.

use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    arguments: Option<String>,
    identity: Option<String>,
    /// The input types alone, as GRANT wants them.
    types: String,
    kind: char,
    sfunc: String,
    stype: String,
    sspace: i32,
    initcond: Option<String>,
    finalfunc: Option<String>,
    finalfunc_extra: bool,
    finalfunc_modify: char,
    combinefunc: Option<String>,
    serialfunc: Option<String>,
    deserialfunc: Option<String>,
    msfunc: Option<String>,
    minvfunc: Option<String>,
    mstype: Option<String>,
    msspace: i32,
    minitcond: Option<String>,
    mfinalfunc: Option<String>,
    mfinalfunc_extra: bool,
    mfinalfunc_modify: char,
    sortop: Option<String>,
    parallel: char,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    for row in catalog.read("aggregates", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::PROC, row.oid);
        let name = qualified(&row.schema, &row.name);
        let what = || format!("the arguments of aggregate {name}");
        let arguments = all_if_empty(&printed(row.arguments.as_deref(), what)?);
        let identity = all_if_empty(row.identity.as_deref().unwrap_or_default());
        let target = format!("AGGREGATE {name}({identity})");
        let ddl = format!("CREATE AGGREGATE {name}({arguments}) (\n    {}\n);\n", row.options())
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let on = format!("FUNCTION {name}({})", row.types);
        let grants =
            row.acl.grants(catalog, &Target { on: &on, owner: &row.owner, column: None })?;
        let name = format!("{}({identity})", row.name);
        let object = Object::new(id, Kind::Aggregate, Part::PreData, &row.schema, &name, ddl);
        found.objects.push(object.granting(grants));
    }
    Ok(())
}

fn query(catalog: &Catalog) -> String {
    format!(
        "SELECT f.oid::int8, nspname AS schema, proname AS name,
            pg_get_userbyid(proowner) AS owner, {},
            pg_get_function_arguments(f.oid) AS arguments,
            pg_get_function_identity_arguments(f.oid) AS identity,
            (SELECT coalesce(string_agg(format_type(type, NULL), ', ' ORDER BY place), '')
             FROM unnest(proargtypes) WITH ORDINALITY AS a (type, place)) AS types,
            aggkind AS kind, aggtransfn::text AS sfunc, format_type(aggtranstype, NULL) AS stype,
            aggtransspace AS sspace, agginitval AS initcond,
            nullif(aggfinalfn::text, '-') AS finalfunc, aggfinalextra AS finalfunc_extra,
            aggfinalmodify AS finalfunc_modify,
            nullif(aggcombinefn::text, '-') AS combinefunc,
            nullif(aggserialfn::text, '-') AS serialfunc,
            nullif(aggdeserialfn::text, '-') AS deserialfunc,
            nullif(aggmtransfn::text, '-') AS msfunc,
            nullif(aggminvtransfn::text, '-') AS minvfunc,
            CASE WHEN aggmtranstype <> 0 THEN format_type(aggmtranstype, NULL) END AS mstype,
            aggmtransspace AS msspace, aggminitval AS minitcond,
            nullif(aggmfinalfn::text, '-') AS mfinalfunc, aggmfinalextra AS mfinalfunc_extra,
            aggmfinalmodify AS mfinalfunc_modify,
            (SELECT quote_ident(s.nspname) || '.' || oprname FROM pg_operator o
             JOIN pg_namespace s ON s.oid = oprnamespace WHERE o.oid = aggsortop) AS sortop,
            proparallel AS parallel
         FROM pg_aggregate JOIN pg_proc f ON f.oid = aggfnoid
         JOIN pg_namespace n ON n.oid = pronamespace
         WHERE n.oid = ANY({}) AND {}",
        privileges::columns("proacl", 'f', "proowner"),
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_proc", "f.oid"),
    )
}

fn all_if_empty(arguments: &str) -> String {
    if arguments.is_empty() { "*".to_owned() } else { arguments.to_owned() }
}

impl Row {
    fn options(&self) -> String {
        let mut options =
            vec![format!("SFUNC = {}", self.sfunc), format!("STYPE = {}", self.stype)];
        let mut text = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                options.push(format!("{key} = {value}"));
            }
        };
        let literal = |value: &Option<String>| value.as_deref().map(quote::literal);
        let space = |size: i32| (size != 0).then(|| size.to_string());
        text("SSPACE", space(self.sspace));
        text("INITCOND", literal(&self.initcond));
        text("FINALFUNC", self.finalfunc.clone());
        text("FINALFUNC_MODIFY", self.finalfunc.as_ref().map(|_| modify(self.finalfunc_modify)));
        text("COMBINEFUNC", self.combinefunc.clone());
        text("SERIALFUNC", self.serialfunc.clone());
        text("DESERIALFUNC", self.deserialfunc.clone());
        text("MSFUNC", self.msfunc.clone());
        text("MINVFUNC", self.minvfunc.clone());
        text("MSTYPE", self.mstype.clone());
        text("MSSPACE", space(self.msspace));
        text("MINITCOND", literal(&self.minitcond));
        text("MFINALFUNC", self.mfinalfunc.clone());
        text("MFINALFUNC_MODIFY", self.mfinalfunc.as_ref().map(|_| modify(self.mfinalfunc_modify)));
        text("SORTOP", self.sortop.as_ref().map(|operator| format!("OPERATOR({operator})")));
        match self.parallel {
            's' => options.push("PARALLEL = SAFE".to_owned()),
            'r' => options.push("PARALLEL = RESTRICTED".to_owned()),
            _ => {}
        }
        for (set, word) in [
            (self.finalfunc_extra, "FINALFUNC_EXTRA"),
            (self.mfinalfunc_extra, "MFINALFUNC_EXTRA"),
            (self.kind == 'h', "HYPOTHETICAL"),
        ] {
            if set {
                options.push(word.to_owned());
            }
        }
        options.join(",\n    ")
    }
}

fn modify(letter: char) -> String {
    match letter {
        's' => "SHAREABLE",
        'w' => "READ_WRITE",
        _ => "READ_ONLY",
    }
    .to_owned()
}
