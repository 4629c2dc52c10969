//! Collations. The version of the locale's data is not written: it is that of where it is restored.

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
    provider: char,
    deterministic: bool,
    collate: Option<String>,
    ctype: Option<String>,
    locale: Option<String>,
    rules: Option<String>,
    /// By `pg_import_system_collations`: the target's server may have it from its own initdb.
    imported: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let locale = match catalog.version / 10_000 {
        ..15 => "NULL",
        15..17 => "colliculocale",
        _ => "colllocale",
    };
    let query = format!(
        "SELECT c.oid::int8, nspname AS schema, collname AS name,
            pg_get_userbyid(collowner) AS owner, collprovider AS provider,
            collisdeterministic AS deterministic, collcollate AS collate, collctype AS ctype,
            {locale} AS locale, {rules} AS rules, nspname = 'pg_catalog' AS imported
         FROM pg_collation c JOIN pg_namespace n ON n.oid = collnamespace
         WHERE (n.oid = ANY({schemas}) OR {everything} AND nspname = 'pg_catalog'
            AND c.oid >= 16384) AND {not_extension}",
        everything = catalog.scope.has_everything(),
        rules = if catalog.at_least(16) { "collicurules" } else { "NULL" },
        schemas = catalog.scope.schemas(),
        not_extension = catalog.scope.not_of_an_extension("pg_collation", "c.oid"),
    );
    for row in catalog.read("collations", &query).await? {
        let row: Row = row;
        let id = Id::new(class::COLLATION, row.oid);
        let name = qualified(&row.schema, &row.name);
        let target = format!("COLLATION {name}");
        let unless = if row.imported { "IF NOT EXISTS " } else { "" };
        let ddl = format!("CREATE COLLATION {unless}{name} ({});\n", row.options(&name)?)
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        found.objects.push(Object::new(
            id,
            Kind::Collation,
            Part::PreData,
            &row.schema,
            &row.name,
            ddl,
        ));
    }
    Ok(())
}

impl Row {
    fn options(&self, name: &str) -> Result<String> {
        let provider = match self.provider {
            'b' => "builtin",
            'c' => "libc",
            'i' => "icu",
            other => {
                return Err(Error::usage(format!(
                    "cannot write the collation {name} of provider `{other}`"
                )));
            }
        };
        let mut options = vec![format!("provider = {provider}")];
        if !self.deterministic {
            options.push("deterministic = false".to_owned());
        }
        // Before 15, ICU has its locale where libc has its two.
        let locales = if self.locale.is_none() && self.collate == self.ctype {
            [("locale", &self.collate), ("rules", &self.rules)].to_vec()
        } else {
            let all = [("locale", &self.locale), ("lc_collate", &self.collate)];
            [&all[..], &[("lc_ctype", &self.ctype), ("rules", &self.rules)]].concat()
        };
        options.extend(locales.into_iter().filter_map(|(key, value)| {
            value.as_ref().map(|value| format!("{key} = {}", quote::literal(value)))
        }));
        Ok(options.join(", "))
    }
}
