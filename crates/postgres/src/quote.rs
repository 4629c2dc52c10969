//! Names and strings as SQL text: the only two ways a name may reach a statement.

/// Always quoted, so that no list of keywords of some version can matter.
pub fn ident(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for letter in name.chars() {
        if letter == '"' {
            quoted.push('"');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// `'…'`, or `E'…'` only if a backslash is inside: right whatever `standard_conforming_strings` is.
pub fn literal(text: &str) -> String {
    let escaped = text.contains('\\');
    let mut quoted = String::with_capacity(text.len() + 3);
    quoted.push_str(if escaped { "E'" } else { "'" });
    for letter in text.chars() {
        if letter == '\'' || letter == '\\' {
            quoted.push(letter);
        }
        quoted.push(letter);
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_always_quoted() {
        assert_eq!(ident("orders"), r#""orders""#);
        assert_eq!(ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(ident("a\n\\! b"), "\"a\n\\! b\"");
    }

    #[test]
    fn a_string_is_escaped_only_when_it_holds_a_backslash() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"C:\it's"), r"E'C:\\it''s'");
        assert_eq!(literal(""), "''");
    }
}
