//! Access control lists as GRANT and REVOKE: the difference from what a new object has.

use super::{Catalog, quote};
use serde::Deserialize;
use std::collections::BTreeSet;
use task::{Error, Result};

/// An object's rights as the catalog holds them: none means "as created".
#[derive(Debug, Deserialize)]
pub(super) struct Acl {
    acl: Option<Vec<String>>,
    acl_default: Vec<String>,
}

/// What an ACL is about, in the words of GRANT.
pub(super) struct Target<'a> {
    /// `TABLE "s"."t"`, `FUNCTION "s"."f"(integer)`, …
    pub(super) on: &'a str,
    pub(super) owner: &'a str,
    /// The column, for a column's rights.
    pub(super) column: Option<&'a str>,
}

/// The columns `acl` and `acl_default` for a query.
pub(super) fn columns(acl: &str, kind: char, owner: &str) -> String {
    format!("{acl}::text[] AS acl, acldefault('{kind}', {owner})::text[] AS acl_default")
}

impl Acl {
    pub(super) fn new(acl: Option<Vec<String>>, acl_default: Vec<String>) -> Self {
        Self { acl, acl_default }
    }

    pub(super) fn is_as_created(&self) -> bool {
        self.acl.is_none()
    }

    /// The same rights, against another starting point. "As created" becomes a list.
    pub(super) fn against(&self, standard: Vec<String>) -> Self {
        let acl = self.acl.clone().unwrap_or_else(|| self.acl_default.clone());
        Self { acl: Some(acl), acl_default: standard }
    }

    pub(super) fn grants(&self, catalog: &Catalog, target: &Target) -> Result<String> {
        if !catalog.properties.privileges {
            return Ok(String::new());
        }
        let all = self.all(target.owner);
        self.difference(|item, verb| statement(catalog, item, verb, target, &all))
    }

    /// Statements that take away what only the default has and give what only the list has.
    pub(super) fn difference(&self, write: impl Fn(&Item, &Verb) -> String) -> Result<String> {
        let Some(acl) = &self.acl else { return Ok(String::new()) };
        let mut statements = String::new();
        for item in self.acl_default.iter().filter(|item| !acl.contains(item)) {
            statements += &write(&Item::parse(item)?, &Verb::Revoke);
        }
        // In the order of the list: a grant may rest on the grant option of an earlier one.
        for item in acl.iter().filter(|item| !self.acl_default.contains(item)) {
            let item = Item::parse(item)?;
            for with_option in [false, true] {
                if item.rights.iter().any(|right| right.1 == with_option) {
                    statements += &write(&item, &Verb::Grant { with_option });
                }
            }
        }
        Ok(statements)
    }

    /// The letters that mean ALL for this kind of object: what its owner has by default.
    pub(super) fn all(&self, owner: &str) -> BTreeSet<char> {
        let items = self.acl_default.iter().filter_map(|item| Item::parse(item).ok());
        items
            .filter(|item| item.grantee == owner)
            .flat_map(|item| item.rights)
            .map(|right| right.0)
            .collect()
    }
}

pub(super) enum Verb {
    Revoke,
    Grant { with_option: bool },
}

/// One `grantee=rights/grantor`.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    pub(super) grantee: String,
    pub(super) grantor: String,
    /// Letter, and whether it may be passed on.
    rights: Vec<(char, bool)>,
}

impl Item {
    fn parse(text: &str) -> Result<Self> {
        let unreadable = || Error::failed(format!("cannot understand the access right `{text}`"));
        let (grantee, rest) = role(text).ok_or_else(unreadable)?;
        let rest = rest.strip_prefix('=').ok_or_else(unreadable)?;
        let (letters, grantor) = rest.split_once('/').ok_or_else(unreadable)?;
        let (grantor, end) = role(grantor).ok_or_else(unreadable)?;
        if !end.is_empty() {
            return Err(unreadable());
        }
        let mut rights: Vec<(char, bool)> = Vec::new();
        for letter in letters.chars() {
            match (letter, rights.last_mut()) {
                ('*', Some(last)) => last.1 = true,
                _ => rights.push((letter, false)),
            }
        }
        if let Some(unknown) = rights.iter().find(|right| right_name(right.0).is_none()) {
            return Err(Error::usage(format!("unknown access right `{}` in `{text}`", unknown.0)));
        }
        Ok(Self { grantee, grantor, rights })
    }

    pub(super) fn grantee_name(&self, catalog: &Catalog) -> String {
        if self.grantee.is_empty() { "PUBLIC".to_owned() } else { catalog.role(&self.grantee) }
    }

    /// `SELECT, INSERT` or `ALL`, each with the column if there is one.
    pub(super) fn rights_named(
        &self,
        with_option: bool,
        all: &BTreeSet<char>,
        column: Option<&str>,
    ) -> String {
        let column = column.map_or_else(String::new, |name| format!(" ({})", quote::ident(name)));
        let chosen: Vec<char> = self
            .rights
            .iter()
            .filter(|right| right.1 == with_option)
            .map(|right| right.0)
            .collect();
        if chosen.len() > 1 && chosen.iter().copied().collect::<BTreeSet<_>>() == *all {
            return format!("ALL{column}");
        }
        let names = chosen.iter().filter_map(|letter| right_name(*letter));
        names.map(|name| format!("{name}{column}")).collect::<Vec<_>>().join(", ")
    }
}

fn statement(
    catalog: &Catalog,
    item: &Item,
    verb: &Verb,
    target: &Target,
    all: &BTreeSet<char>,
) -> String {
    let grantee = item.grantee_name(catalog);
    let on = target.on;
    match verb {
        Verb::Revoke => {
            let column = target.column.map(|name| format!(" ({})", quote::ident(name)));
            format!("REVOKE ALL{} ON {on} FROM {grantee};\n", column.unwrap_or_default())
        }
        Verb::Grant { with_option } => {
            let rights = item.rights_named(*with_option, all, target.column);
            let option = if *with_option { " WITH GRANT OPTION" } else { "" };
            let grant = format!("GRANT {rights} ON {on} TO {grantee}{option};\n");
            if item.grantor == target.owner {
                grant
            } else {
                let grantor = catalog.role(&item.grantor);
                format!(
                    "SET SESSION AUTHORIZATION {grantor};\n{grant}RESET SESSION AUTHORIZATION;\n"
                )
            }
        }
    }
}

/// The role at the start of the text, unquoted, and the rest.
fn role(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['=', '/']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|next| next.1 == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &quoted[at + 1..]));
        }
    }
    None
}

fn right_name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'm' => "MAINTAIN",
        'X' => "EXECUTE",
        'U' => "USAGE",
        'C' => "CREATE",
        'c' => "CONNECT",
        'T' => "TEMPORARY",
        's' => "SET",
        'A' => "ALTER SYSTEM",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quoted_roles_and_grant_options() {
        let item = Item::parse(r#""o""d=d/x"=ar*/"post gres""#).unwrap();
        assert_eq!(item.grantee, r#"o"d=d/x"#);
        assert_eq!(item.grantor, "post gres");
        assert_eq!(item.rights, [('a', false), ('r', true)]);
        assert_eq!(Item::parse("=r/postgres").unwrap().grantee, "");
    }

    #[test]
    fn refuses_a_right_it_does_not_know() {
        assert_eq!(Item::parse("bob=Z/bob").unwrap_err().exit(), task::Exit::Usage);
        assert!(Item::parse("bob").is_err());
    }
}
