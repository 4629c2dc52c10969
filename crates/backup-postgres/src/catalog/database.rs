//! What a restore must know before it makes a database like this one.

use super::Catalog;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use task::{Context, Result};

#[derive(Deserialize)]
struct Row {
    encoding: String,
    lc_collate: String,
    lc_ctype: String,
    provider: char,
    locale: Option<String>,
    icu_rules: Option<String>,
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
                {tailoring} AS icu_rules
             FROM pg_database WHERE datname = current_database()"
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
        }
        for (name, version) in super::extension::versions(self).await? {
            set(&format!("extension.{name}"), version);
        }
        let roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        let json = serde_json::to_string(&*roles);
        set("roles", json.failed(|| "cannot write the list of roles".to_owned())?);
        Ok(properties)
    }
}
