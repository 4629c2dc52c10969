//! Text search configurations: those of users, and the server's own where their mappings are no
//! longer those that it came with.

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
    parser_schema: String,
    parser: String,
    mappings: Vec<Mapping>,
    built_in: bool,
    /// All that the parser tells apart.
    tokens: Vec<String>,
}

#[derive(Deserialize)]
struct Mapping {
    /// What the parser calls this kind of token.
    token: Option<String>,
    dictionaries: Vec<String>,
    oids: Vec<u32>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    for row in catalog.read("text search configurations", &query(catalog)).await? {
        let row: Row = row;
        let id = Id::new(class::TEXT_SEARCH_CONFIGURATION, row.oid);
        let target = format!("TEXT SEARCH CONFIGURATION {}", qualified(&row.schema, &row.name));
        let mut ddl = if row.built_in {
            let tokens: Vec<String> = row.tokens.iter().map(|token| quote::ident(token)).collect();
            format!("ALTER {target} DROP MAPPING IF EXISTS FOR {};\n", tokens.join(", "))
        } else {
            let parser = qualified(&row.parser_schema, &row.parser);
            format!("CREATE {target} (PARSER = {parser});\n")
        };
        for mapping in &row.mappings {
            ddl += &mapping.add(&target)?;
        }
        if !row.built_in {
            ddl += &catalog.owner(&target, &row.owner);
            ddl += &catalog.comment_on(&target, id, 0);
        }
        // What the server's own need is not in `pg_depend` as something of ours.
        let dictionaries = row.mappings.iter().flat_map(|mapping| &mapping.oids);
        let needs = dictionaries.map(|oid| Id::new(class::TEXT_SEARCH_DICTIONARY, *oid));
        let (kind, part) = (Kind::TextSearchConfiguration, Part::PreData);
        let object = Object::new(id, kind, part, &row.schema, &row.name, ddl);
        found.objects.push(object.needing(needs));
    }
    Ok(())
}

fn query(catalog: &Catalog) -> String {
    // As initdb makes them: one dictionary for each kind of token. Those of words in ASCII are
    // English where the language has another script.
    let altered = "(SELECT string_agg(maptokentype || ':' || CASE WHEN d.oid < 16384 THEN dictname
                ELSE '' END, ',' ORDER BY maptokentype, mapseqno)
             FROM pg_ts_config_map JOIN pg_ts_dict d ON d.oid = mapdict WHERE mapcfg = c.oid)
            IS DISTINCT FROM (SELECT string_agg(token || ':' || CASE
                WHEN cfgname = 'simple' OR token NOT IN (1, 2, 10, 11, 16, 17) THEN 'simple'
                WHEN token IN (1, 11, 16) AND cfgname IN ('hindi', 'russian') THEN 'english_stem'
                ELSE cfgname || '_stem' END, ',' ORDER BY token)
             FROM generate_series(1, 22) token WHERE token NOT IN (12, 13, 14))";
    format!(
        "SELECT c.oid::int8, n.nspname AS schema, cfgname AS name, c.oid < 16384 AS built_in,
            pg_get_userbyid(cfgowner) AS owner, pn.nspname AS parser_schema, prsname AS parser,
            (SELECT json_agg(alias) FROM ts_token_type(cfgparser)) AS tokens,
            coalesce((SELECT json_agg(json_build_object('token',
                    (SELECT alias FROM ts_token_type(cfgparser) t WHERE t.tokid = maptokentype),
                    'dictionaries', dictionaries, 'oids', oids) ORDER BY maptokentype)
                FROM (SELECT maptokentype, json_agg(mapdict::int8) AS oids,
                        json_agg(mapdict::regdictionary::text ORDER BY mapseqno) AS dictionaries
                    FROM pg_ts_config_map WHERE mapcfg = c.oid GROUP BY maptokentype) m),
                '[]') AS mappings
         FROM pg_ts_config c JOIN pg_namespace n ON n.oid = cfgnamespace
         JOIN pg_ts_parser p ON p.oid = cfgparser JOIN pg_namespace pn ON pn.oid = prsnamespace
         WHERE n.oid = ANY({}) AND {} OR c.oid < 16384 AND {} AND {altered}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_ts_config", "c.oid"),
        catalog.scope.has_everything(),
    )
}

impl Mapping {
    fn add(&self, target: &str) -> Result<String> {
        let token = self.token.as_ref().ok_or_else(|| {
            Error::usage(format!(
                "cannot write {target}: it maps a kind of token that its parser does not know"
            ))
        })?;
        Ok(format!(
            "ALTER {target} ADD MAPPING FOR {} WITH {};\n",
            quote::ident(token),
            self.dictionaries.join(", ")
        ))
    }
}
