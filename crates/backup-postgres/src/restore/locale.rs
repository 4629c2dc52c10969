//! How a database is made as the one that was saved: encoding, provider, locale.

use postgres::quote::literal;
use std::collections::BTreeMap;
use std::fmt::Write;
use task::{Error, Result};

type Properties = BTreeMap<String, String>;

/// The clauses of CREATE DATABASE for a server of this major version.
pub(super) fn clauses(properties: &Properties, major: u32) -> Result<String> {
    let get = |key: &str| properties.get(key).filter(|value| !value.is_empty());
    let mut clauses = encoding(properties);
    for (key, clause) in [("lc_collate", "LC_COLLATE"), ("lc_ctype", "LC_CTYPE")] {
        if let Some(value) = get(key) {
            let _ = write!(clauses, " {clause} {}", literal(value));
        }
    }
    let locale = get("icu_locale").or_else(|| get("locale"));
    let provider = get("locale_provider").map_or("libc", String::as_str);
    let (provider, since, clause) = match provider {
        "c" | "libc" => {
            if major >= 15 {
                clauses.push_str(" LOCALE_PROVIDER libc");
            }
            return Ok(clauses);
        }
        "i" | "icu" => ("icu", 15, "ICU_LOCALE"),
        "b" | "builtin" => ("builtin", 17, "BUILTIN_LOCALE"),
        other => return Err(Error::usage(format!("the locale provider {other} is unknown"))),
    };
    let name = locale.map_or("", String::as_str);
    if major < since {
        return Err(Error::usage(format!(
            "the backup's locale {name} of provider {provider} needs PostgreSQL {since}, and this \
             is {major}: create the database yourself and restore without --create"
        )));
    }
    let _ = write!(clauses, " LOCALE_PROVIDER {provider} {clause} {}", literal(name));
    if let (Some(rules), true) = (get("icu_rules"), provider == "icu" && major >= 16) {
        let _ = write!(clauses, " ICU_RULES {}", literal(rules));
    }
    Ok(clauses)
}

/// With the locale C, which every server has and which goes with every encoding.
pub(super) fn plain(properties: &Properties) -> String {
    format!("{} LC_COLLATE 'C' LC_CTYPE 'C'", encoding(properties))
}

fn encoding(properties: &Properties) -> String {
    properties.get("encoding").map_or(String::new(), |name| format!("ENCODING {}", literal(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_provider_has_its_clauses() {
        let mut given = properties(&[
            ("encoding", "UTF8"),
            ("lc_collate", "de_DE.UTF-8"),
            ("lc_ctype", "C"),
            ("locale_provider", "libc"),
        ]);
        let libc = "ENCODING 'UTF8' LC_COLLATE 'de_DE.UTF-8' LC_CTYPE 'C'";
        assert_eq!(clauses(&given, 13).unwrap(), libc);
        assert_eq!(clauses(&given, 15).unwrap(), format!("{libc} LOCALE_PROVIDER libc"));
        assert_eq!(plain(&given), "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        given.insert("locale_provider".into(), "icu".into());
        given.insert("icu_locale".into(), "de-x-'".into());
        given.insert("icu_rules".into(), "&a < b".into());
        assert_eq!(
            clauses(&given, 15).unwrap(),
            format!("{libc} LOCALE_PROVIDER icu ICU_LOCALE 'de-x-'''")
        );
        assert_eq!(
            clauses(&given, 16).unwrap(),
            format!("{libc} LOCALE_PROVIDER icu ICU_LOCALE 'de-x-''' ICU_RULES '&a < b'")
        );
        assert_eq!(clauses(&given, 14).unwrap_err().exit(), task::Exit::Usage);
        given.remove("icu_locale");
        given.insert("locale".into(), "C.UTF-8".into());
        given.insert("locale_provider".into(), "builtin".into());
        assert_eq!(
            clauses(&given, 17).unwrap(),
            format!("{libc} LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
        );
    }

    #[test]
    fn a_backup_that_knows_nothing_asks_for_nothing() {
        assert_eq!(clauses(&properties(&[]), 14).unwrap(), "");
    }
}
