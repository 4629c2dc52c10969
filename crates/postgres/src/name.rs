//! A table's name as people write it into the configuration.

use crate::quote::ident;
use serde::Deserialize;
use std::fmt;

/// `orders` or `shop.orders`, taken exactly as written, capitals too. A part that holds a dot or a quote
/// stands in double quotes, as in SQL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Name {
    pub schema: Option<String>,
    pub table: String,
}

impl Name {
    pub fn plain(table: &str) -> Self {
        Self { schema: None, table: table.to_owned() }
    }

    pub fn in_schema(schema: &str, table: &str) -> Self {
        Self { schema: Some(schema.to_owned()), table: table.to_owned() }
    }

    /// For a statement.
    pub fn sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", ident(schema), ident(&self.table)),
            None => ident(&self.table),
        }
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not TABLE or SCHEMA.TABLE");
        let mut parts = vec![String::new()];
        let mut letters = text.chars().peekable();
        let (mut quoted, mut closed) = (false, false);
        while let Some(letter) = letters.next() {
            let part = parts.last_mut().ok_or_else(wrong)?;
            match letter {
                '"' if quoted && letters.next_if_eq(&'"').is_some() => part.push('"'),
                '"' if quoted => (quoted, closed) = (false, true),
                '"' if part.is_empty() && !closed => quoted = true,
                '.' if !quoted => {
                    parts.push(String::new());
                    closed = false;
                }
                '"' | '\0' => return Err(wrong()),
                _ if closed => return Err(wrong()),
                letter => part.push(letter),
            }
        }
        match &parts[..] {
            _ if quoted || parts.iter().any(String::is_empty) => Err(wrong()),
            [table] => Ok(Self::plain(table)),
            [schema, table] => Ok(Self::in_schema(schema, table)),
            _ => Err(wrong()),
        }
    }
}

/// As it was, or would be, written.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part =
            |text: &str| if text.contains(['.', '"']) { ident(text) } else { text.to_owned() };
        if let Some(schema) = &self.schema {
            write!(f, "{}.", part(schema))?;
        }
        f.write_str(&part(&self.table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_as_it_is_written() {
        for (text, sql) in [
            ("orders", r#""orders""#),
            ("Orders", r#""Orders""#),
            ("shop.orders", r#""shop"."orders""#),
            (r#""we.ird"."x""y""#, r#""we.ird"."x""y""#),
            ("a; DROP TABLE b", r#""a; DROP TABLE b""#),
            ("a\nb.c d", "\"a\nb\".\"c d\""),
        ] {
            let name = Name::try_from(text.to_owned()).unwrap();
            assert_eq!(name.sql(), sql);
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in ["", ".", "a.", ".b", "a.b.c", "\"a", "a\"b", "\"a\"b", "\"\"", "a\0"] {
            assert!(Name::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
