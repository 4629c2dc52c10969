//! What the database itself is like: what a restore must know before it makes one like it, and
//! what can be set afterwards.
//!
//! What CREATE DATABASE takes stands in the manifest. The rest (settings, comment, owner, rights)
//! stands in the file, as `pg_dump --create` would write it, but for whichever database it is run
//! in, and done only if the session asks for it in the setting [`WANTED`]: whoever restores into
//! some other database does not want it to change hands.

use super::privileges::{self, Acl, Target};
use super::{Catalog, quote, setting};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::PoisonError;
use task::{Context, Result};

/// The setting that names what of the database itself is wanted, divided by commas.
pub(crate) const WANTED: &str = "nightshift.database";
pub(crate) const SETTINGS: &str = "settings";
pub(crate) const OWNER: &str = "owner";
pub(crate) const PRIVILEGES: &str = "privileges";

/// Stands for the name of the database that a statement is run in: no name holds a NUL.
const THIS: &str = "\0";

#[derive(Deserialize)]
struct Row {
    encoding: String,
    lc_collate: String,
    lc_ctype: String,
    provider: char,
    locale: Option<String>,
    icu_rules: Option<String>,
    tablespace: String,
}

#[derive(Deserialize)]
struct State {
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    connection_limit: i32,
    is_template: bool,
    comment: Option<String>,
    labels: Vec<Label>,
    settings: Vec<Setting>,
    has_plpgsql: bool,
}

#[derive(Deserialize)]
struct Label {
    provider: String,
    text: String,
}

#[derive(Deserialize)]
struct Setting {
    /// None for the settings of all roles.
    role: Option<String>,
    entries: Vec<String>,
}

impl Catalog<'_> {
    /// The manifest's properties: what CREATE DATABASE takes, the versions of extensions, and,
    /// once all objects were read, the roles that they name.
    pub(crate) async fn properties(&self) -> Result<BTreeMap<String, String>> {
        let (provider, locale) = match self.version / 10_000 {
            13 | 14 => ("'c'", "NULL"),
            15 | 16 => ("datlocprovider", "daticulocale"),
            _ => ("datlocprovider", "datlocale"),
        };
        let tailoring = if self.at_least(16) { "daticurules" } else { "NULL" };
        let query = format!(
            "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS lc_collate,
                datctype AS lc_ctype, {provider} AS provider, {locale} AS locale,
                {tailoring} AS icu_rules, spcname AS tablespace
             FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace
             WHERE datname = current_database()"
        );
        let mut properties = BTreeMap::new();
        let mut set = |key: &str, value: String| properties.insert(key.to_owned(), value);
        for row in self.read::<Row>("the database", &query).await? {
            let provider = match row.provider {
                'i' => "icu",
                'b' => "builtin",
                _ => "libc",
            };
            set("encoding", row.encoding);
            set("lc_collate", row.lc_collate);
            set("lc_ctype", row.lc_ctype);
            set("locale_provider", provider.to_owned());
            row.locale.map(|locale| set("locale", locale));
            row.icu_rules.map(|rules| set("icu_rules", rules));
            if self.properties.tablespaces && row.tablespace != "pg_default" {
                set("tablespace", row.tablespace);
            }
        }
        for (name, version) in super::extension::versions(self).await? {
            set(&format!("extension.{name}"), version);
        }
        set("roles", self.roles_named()?);
        Ok(properties)
    }

    /// The statements about the database itself. Those roles that only they name go into the
    /// property `database_roles`: a restore into a database that is there needs none of them.
    pub(crate) async fn database_state(
        &self,
        properties: &mut BTreeMap<String, String>,
    ) -> Result<String> {
        if !self.scope.has_everything() {
            return Ok(String::new());
        }
        let query = format!(
            "SELECT pg_get_userbyid(datdba) AS owner, {}, datconnlimit AS connection_limit,
                datistemplate AS is_template, shobj_description(d.oid, 'pg_database') AS comment,
                coalesce((SELECT json_agg(json_build_object('provider', provider, 'text', label)
                    ORDER BY provider) FROM pg_shseclabel
                 WHERE classoid = 'pg_database'::regclass AND objoid = d.oid), '[]') AS labels,
                coalesce((SELECT json_agg(json_build_object('entries', setconfig, 'role',
                    CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole)::text END)
                    ORDER BY setrole <> 0, pg_get_userbyid(setrole))
                 FROM pg_db_role_setting WHERE setdatabase = d.oid), '[]') AS settings,
                EXISTS (SELECT FROM pg_extension WHERE extname = 'plpgsql') AS has_plpgsql
             FROM pg_database d WHERE datname = current_database()",
            privileges::columns("datacl", 'd', "datdba")
        );
        let others = std::mem::take(&mut *self.lock_roles());
        let mut text = String::new();
        for state in self.read::<State>("the database", &query).await? {
            // Dropped again further on; a target without it is likely where the source has none.
            if !state.has_plpgsql {
                text += "CREATE EXTENSION IF NOT EXISTS \"plpgsql\";\n";
            }
            text += &self.settings(&state)?;
            if self.properties.owners {
                let owner = self.role(&state.owner);
                let change = format!("ALTER DATABASE {THIS} OWNER TO {owner}");
                text += &block(OWNER, "", &[change]);
            }
            let grants = self.grants(&state)?;
            if !grants.is_empty() {
                // Those of a new database are better left as they are than said.
                let unless = if state.acl.is_as_created() { CHANGED } else { "" };
                text += &block(PRIVILEGES, unless, &[grants]);
            }
        }
        properties.insert("database_roles".to_owned(), self.roles_named()?);
        self.lock_roles().extend(others);
        Ok(text)
    }

    /// All of it said outright, whatever a new database, or `template1`, begins with.
    fn settings(&self, state: &State) -> Result<String> {
        let comment = state.comment.as_deref().map_or("NULL".to_owned(), quote::literal);
        let (limit, template) = (state.connection_limit, state.is_template);
        let mut changes = vec![
            format!("ALTER DATABASE {THIS} CONNECTION LIMIT {limit} IS_TEMPLATE {template}"),
            format!("COMMENT ON DATABASE {THIS} IS {comment}"),
            format!("ALTER DATABASE {THIS} RESET ALL"),
        ];
        for Label { provider, text } in &state.labels {
            let (provider, text) = (quote::ident(provider), quote::literal(text));
            changes.push(format!("SECURITY LABEL FOR {provider} ON DATABASE {THIS} IS {text}"));
        }
        for setting in &state.settings {
            let whose = setting.role.as_ref().map_or_else(
                || format!("DATABASE {THIS}"),
                |role| format!("ROLE {} IN DATABASE {THIS}", self.role(role)),
            );
            for entry in &setting.entries {
                changes.push(format!("ALTER {whose} {}", setting::set(entry)?));
            }
        }
        Ok(block(SETTINGS, "", &changes))
    }

    fn grants(&self, state: &State) -> Result<String> {
        let on = &format!("DATABASE {THIS}");
        let owner = &state.owner;
        let target = Target { on, owner, column: None };
        let grants = state.acl.against(Vec::new()).grants(self, &target)?;
        if !self.properties.privileges {
            return Ok(grants);
        }
        let owner = self.role(owner);
        Ok(format!("REVOKE ALL ON {on} FROM PUBLIC;\nREVOKE ALL ON {on} FROM {owner};\n{grants}"))
    }

    fn roles_named(&self) -> Result<String> {
        let json = serde_json::to_string(&*self.lock_roles());
        json.failed(|| "cannot write the list of roles".to_owned())
    }

    fn lock_roles(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition: this database has other rights than a new one.
const CHANGED: &str = " AND (SELECT datacl IS NOT NULL FROM pg_catalog.pg_database \
    WHERE datname = pg_catalog.current_database())";

/// Statements that are run with the name of the database they are run in, if this is wanted.
fn block(what: &str, condition: &str, statements: &[String]) -> String {
    let mut body = format!(
        "DECLARE\n    this text := pg_catalog.quote_ident(pg_catalog.current_database());\nBEGIN\n\
         \x20   IF pg_catalog.current_setting('{WANTED}', true) LIKE '%{what}%'{condition} THEN\n"
    );
    for statement in statements {
        let pieces: Vec<String> = statement.split(THIS).map(quote::literal).collect();
        let _ = writeln!(body, "        EXECUTE {};", pieces.join(" || this || "));
    }
    body += "    END IF;\nEND";
    do_block(&body)
}

/// `DO …;` in dollar quotes that the text does not hold.
pub(super) fn do_block(body: &str) -> String {
    let mut tag = "$do$".to_owned();
    let mut number = 0;
    while body.contains(&tag) {
        number += 1;
        tag = format!("$do{number}$");
    }
    format!("DO {tag}{body}{tag};\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_names_no_database_and_cannot_be_left() {
        let text =
            block(SETTINGS, "", &[format!("COMMENT ON DATABASE {THIS} IS 'it''s $do$ $do1$'")]);
        assert!(text.starts_with("DO $do2$") && text.ends_with("$do2$;\n"), "{text}");
        assert!(
            text.contains(
                "EXECUTE 'COMMENT ON DATABASE ' || this || ' IS ''it''''s $do$ $do1$''';"
            ),
            "{text}"
        );
    }
}
