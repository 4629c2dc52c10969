//! What of the database is to be saved: schemas and tables chosen by `pg_dump`'s patterns.

use crate::snapshot::CLOSED_PATH;
use postgres::{Client, explain};
use std::collections::HashSet;
use task::{Error, Result};

/// Patterns as given by the user, in the syntax of psql's `\d` commands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub schemas: Vec<String>,
    pub excluded_schemas: Vec<String>,
    pub excluded_tables: Vec<String>,
    pub excluded_data: Vec<String>,
}

/// The selection, resolved to OIDs.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    schemas: String,
    pub excluded_schemas: Vec<u32>,
    pub excluded_tables: Vec<u32>,
    excluded_data: HashSet<u32>,
    everything: bool,
    /// Neither `--schema` nor `--exclude-schema`.
    whole: bool,
    bootstrap_role: String,
}

impl Scope {
    pub(crate) async fn resolve(client: &Client, selection: &Selection) -> Result<Self> {
        let all = user_schemas(client).await?;
        let named = schemas_matching(client, &selection.schemas, true).await?;
        let excluded = schemas_matching(client, &selection.excluded_schemas, false).await?;
        let everything = selection.schemas.is_empty();
        let (chosen, left_out): (Vec<u32>, Vec<u32>) = all
            .into_iter()
            .partition(|oid| (everything || named.contains(oid)) && !excluded.contains(oid));
        let bootstrap = client
            .query_one("SELECT rolname::text FROM pg_roles WHERE oid = 10", &[])
            .await
            .map_err(|cause| explain(cause, "cannot read the roles"))?;
        let excluded_data = tables_matching(client, &selection.excluded_data).await?;
        Ok(Self {
            schemas: oids(&chosen),
            whole: everything && left_out.is_empty(),
            everything,
            excluded_schemas: left_out,
            excluded_tables: tables_matching(client, &selection.excluded_tables).await?,
            excluded_data: excluded_data.into_iter().collect(),
            bootstrap_role: bootstrap.get(0),
        })
    }

    /// The chosen schemas, as an SQL array.
    pub(crate) fn schemas(&self) -> &str {
        &self.schemas
    }

    /// Whether objects outside of schemas belong to the dump: not with `--schema`.
    pub(crate) fn has_everything(&self) -> bool {
        self.everything
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(crate) fn keeps_data(&self, table: u32) -> bool {
        !self.excluded_data.contains(&table)
    }

    pub(crate) fn bootstrap_role(&self) -> &str {
        &self.bootstrap_role
    }

    /// A condition: this relation is not left out by name.
    pub(crate) fn not_excluded(&self, column: &str) -> String {
        if self.excluded_tables.is_empty() {
            "true".to_owned()
        } else {
            format!("{column} <> ALL({})", oids(&self.excluded_tables))
        }
    }

    /// A condition: this table was not made by an extension, or the extension says that its rows
    /// are the user's.
    pub(crate) fn holds_rows_of_the_user(&self, column: &str) -> String {
        let own = self.not_of_an_extension("pg_class", column);
        format!("({own} OR {column} IN (SELECT unnest(extconfig) FROM pg_extension))")
    }

    /// A condition: the object was not made by CREATE EXTENSION.
    #[expect(clippy::unused_self, reason = "one place answers what is in scope")]
    pub(crate) fn not_of_an_extension(&self, catalog: &str, column: &str) -> String {
        format!(
            "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass
             AND e.objid = {column} AND e.objsubid = 0 AND e.deptype = 'e')"
        )
    }
}

fn oids(list: &[u32]) -> String {
    let list: Vec<String> = list.iter().map(u32::to_string).collect();
    format!("'{{{}}}'::oid[]", list.join(","))
}

async fn user_schemas(client: &Client) -> Result<Vec<u32>> {
    let query = "SELECT oid FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";
    let rows = client.query(query, &[]).await;
    let rows = rows.map_err(|cause| explain(cause, "cannot read the schemas"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn schemas_matching(client: &Client, patterns: &[String], must: bool) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for pattern in patterns {
        let (_, name) = regexes(pattern);
        let query = "SELECT oid FROM pg_namespace WHERE nspname ~ $1 COLLATE \"default\"
            AND nspname !~ '^pg_' AND nspname <> 'information_schema'";
        let rows = client.query(query, &[&name]).await;
        let rows = rows
            .map_err(|cause| explain(cause, format!("cannot look for schemas like `{pattern}`")))?;
        if must && rows.is_empty() {
            return Err(Error::usage(format!("no schema matches `--schema {pattern}`")));
        }
        found.extend(rows.iter().map(|row| row.get::<_, u32>(0)));
    }
    Ok(found)
}

/// A name without a schema means what it means to the user: found by the user's search path, which
/// no other query of ours may look through.
async fn tables_matching(client: &Client, patterns: &[String]) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for pattern in patterns {
        let (schema, name) = regexes(pattern);
        let failed = |cause| explain(cause, format!("cannot look for tables like `{pattern}`"));
        let query = "SELECT c.oid, pg_catalog.pg_table_is_visible(c.oid)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
              ON n.oid OPERATOR(pg_catalog.=) relnamespace
            WHERE relkind OPERATOR(pg_catalog.=) ANY('{r,p,S,v,m,f}')
              AND relname OPERATOR(pg_catalog.~) $1 COLLATE pg_catalog.\"default\"
              AND nspname OPERATOR(pg_catalog.~) coalesce($2, '') COLLATE pg_catalog.\"default\"";
        let query = client.prepare(query).await.map_err(failed)?;
        client.batch_execute("RESET search_path").await.map_err(failed)?;
        let rows = client.query(&query, &[&name, &schema]).await.map_err(failed)?;
        client.batch_execute(CLOSED_PATH).await.map_err(failed)?;
        let wanted = rows.iter().filter(|row| schema.is_some() || row.get(1));
        found.extend(wanted.map(|row| row.get::<_, u32>(0)));
    }
    Ok(found)
}

/// A psql pattern as two regular expressions: the schema's, if one is named, and the name's.
///
/// `*` any characters, `?` any character, `.` between schema and name, quotes keep what they hold,
/// letters outside quotes are folded to lower case; the rest is a regular expression but for `$`.
fn regexes(pattern: &str) -> (Option<String>, String) {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(part) = parts.last_mut() else { break };
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => part.push('"'),
            '"' => quoted = !quoted,
            '*' if !quoted => part.push_str(".*"),
            '?' if !quoted => part.push('.'),
            '.' if !quoted => parts.push(String::new()),
            '$' => part.push_str("\\$"),
            special if quoted && "|*+?()[]{}.^\\".contains(special) => {
                part.push('\\');
                part.push(special);
            }
            plain if quoted => part.push(plain),
            letter => part.extend(letter.to_lowercase()),
        }
    }
    let name = parts.pop().unwrap_or_default();
    (parts.pop().map(|schema| anchored(&schema)), anchored(&name))
}

/// A psql pattern for the names of databases, which belong to nothing else.
pub(crate) fn database_regex(pattern: &str) -> Result<String> {
    match regexes(pattern) {
        (None, name) => Ok(name),
        (Some(_), _) => Err(Error::usage(format!(
            "the pattern `{pattern}` has a dot: quote it if it is part of a database's name"
        ))),
    }
}

fn anchored(regex: &str) -> String {
    format!("^({regex})$")
}

#[cfg(test)]
mod tests {
    use super::regexes;

    #[test]
    fn patterns_are_those_of_psql() {
        assert_eq!(regexes("Shop*"), (None, "^(shop.*)$".to_owned()));
        assert_eq!(
            regexes(r#"a?."B.c*""d""#),
            (Some("^(a.)$".to_owned()), r#"^(B\.c\*"d)$"#.to_owned())
        );
        assert_eq!(regexes("a$b"), (None, r"^(a\$b)$".to_owned()));
    }
}
