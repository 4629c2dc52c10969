//! Text search: parsers, templates and dictionaries; of the server's own dictionaries those whose
//! options were changed.

use super::{Catalog, Contents, printed, qualified};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    parsers(catalog, found).await?;
    templates(catalog, found).await?;
    dictionaries(catalog, found).await
}

async fn parsers(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    #[derive(Deserialize)]
    struct Row {
        oid: u32,
        schema: String,
        name: String,
        start: String,
        token: String,
        end: String,
        headline: Option<String>,
        types: String,
    }
    let query = format!(
        "SELECT p.oid::int8, nspname AS schema, prsname AS name, prsstart::text AS start,
            prstoken::text AS token, prsend::text AS end,
            nullif(prsheadline::text, '-') AS headline, prslextype::text AS types
         FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = prsnamespace
         WHERE n.oid = ANY({}) AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_ts_parser", "p.oid"),
    );
    for row in catalog.read("text search parsers", &query).await? {
        let row: Row = row;
        let id = Id::new(class::TEXT_SEARCH_PARSER, row.oid);
        let target = format!("TEXT SEARCH PARSER {}", qualified(&row.schema, &row.name));
        let headline = row.headline.map_or_else(String::new, |name| format!(", HEADLINE = {name}"));
        let ddl = format!(
            "CREATE {target} (START = {}, GETTOKEN = {}, END = {}{headline}, LEXTYPES = {});\n",
            row.start, row.token, row.end, row.types
        ) + &catalog.comment_on(&target, id, 0);
        let (kind, part) = (Kind::TextSearchParser, Part::PreData);
        found.objects.push(Object::new(id, kind, part, &row.schema, &row.name, ddl));
    }
    Ok(())
}

async fn templates(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    #[derive(Deserialize)]
    struct Row {
        oid: u32,
        schema: String,
        name: String,
        init: Option<String>,
        lexize: String,
    }
    let query = format!(
        "SELECT t.oid::int8, nspname AS schema, tmplname AS name,
            nullif(tmplinit::text, '-') AS init, tmpllexize::text AS lexize
         FROM pg_ts_template t JOIN pg_namespace n ON n.oid = tmplnamespace
         WHERE n.oid = ANY({}) AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_ts_template", "t.oid"),
    );
    for row in catalog.read("text search templates", &query).await? {
        let row: Row = row;
        let id = Id::new(class::TEXT_SEARCH_TEMPLATE, row.oid);
        let target = format!("TEXT SEARCH TEMPLATE {}", qualified(&row.schema, &row.name));
        let init = row.init.map_or_else(String::new, |name| format!("INIT = {name}, "));
        let ddl = format!("CREATE {target} ({init}LEXIZE = {});\n", row.lexize)
            + &catalog.comment_on(&target, id, 0);
        let (kind, part) = (Kind::TextSearchTemplate, Part::PreData);
        found.objects.push(Object::new(id, kind, part, &row.schema, &row.name, ddl));
    }
    Ok(())
}

async fn dictionaries(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    #[derive(Deserialize)]
    struct Row {
        oid: u32,
        schema: String,
        name: String,
        owner: String,
        template_schema: String,
        template: String,
        options: Option<String>,
        built_in: bool,
    }
    // As initdb makes them. Somebody may have given one other options since.
    let altered = "dictinitoption IS DISTINCT FROM CASE WHEN dictname = 'simple' THEN NULL
            ELSE concat_ws(', ', format('language = %L', replace(dictname, '_stem', '')),
                CASE WHEN dictname ~ '^(danish|dutch|english|finnish|french|german|hungarian|italian|nepali|norwegian|portuguese|russian|spanish|swedish|turkish)_'
                THEN format('stopwords = %L', replace(dictname, '_stem', '')) END) END";
    let query = format!(
        "SELECT d.oid::int8, n.nspname AS schema, dictname AS name,
            pg_get_userbyid(dictowner) AS owner, tn.nspname AS template_schema,
            tmplname AS template, dictinitoption AS options, d.oid < 16384 AS built_in
         FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = dictnamespace
         JOIN pg_ts_template t ON t.oid = dicttemplate
         JOIN pg_namespace tn ON tn.oid = tmplnamespace
         WHERE n.oid = ANY({}) AND {} OR d.oid < 16384 AND {} AND {altered}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_ts_dict", "d.oid"),
        catalog.scope.has_everything(),
    );
    for row in catalog.read("text search dictionaries", &query).await? {
        let row: Row = row;
        let id = Id::new(class::TEXT_SEARCH_DICTIONARY, row.oid);
        let target = format!("TEXT SEARCH DICTIONARY {}", qualified(&row.schema, &row.name));
        let template = qualified(&row.template_schema, &row.template);
        // The server keeps the options as the text of an option list.
        let options = match &row.options {
            Some(text) => {
                ", ".to_owned() + &printed(Some(text), || format!("the options of {target}"))?
            }
            None => String::new(),
        };
        let ddl = if row.built_in {
            // An option without a value is taken away.
            format!("ALTER {target} (language, stopwords, accept{options} );\n")
        } else {
            format!("CREATE {target} (TEMPLATE = {template}{options} );\n")
                + &catalog.owner(&target, &row.owner)
                + &catalog.comment_on(&target, id, 0)
        };
        let (kind, part) = (Kind::TextSearchDictionary, Part::PreData);
        found.objects.push(Object::new(id, kind, part, &row.schema, &row.name, ddl));
    }
    Ok(())
}
