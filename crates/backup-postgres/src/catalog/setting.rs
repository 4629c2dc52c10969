//! What `ALTER DATABASE … SET` and `ALTER ROLE … SET` left behind, as SET clauses again.

use super::quote;
use task::{Error, Result};

/// Settings whose value is a list of names that the server has quoted each on its own: one literal
/// would make one long name of them. No extension can add to these.
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// `SET "name" TO 'value'` for an entry `name=value` of `setconfig`.
pub(super) fn set(entry: &str) -> Result<String> {
    let unreadable = || Error::usage(format!("cannot understand the setting `{entry}`"));
    let (name, value) = entry.split_once('=').ok_or_else(unreadable)?;
    let is_list = LISTS.iter().any(|list| list.eq_ignore_ascii_case(name));
    let values =
        if is_list { elements(value).ok_or_else(unreadable)? } else { vec![value.to_owned()] };
    let values: Vec<String> = values.iter().map(|value| quote::literal(value)).collect();
    Ok(format!("SET {} TO {}", quote::ident(name), values.join(", ")))
}

/// The names of a list such as `"$user", public, "a ""b"""`; one empty name for an empty list.
fn elements(list: &str) -> Option<Vec<String>> {
    let blank = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let mut rest = list.trim_matches(blank);
    let mut found = Vec::new();
    loop {
        let mut element = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted;
            loop {
                let (before, after) = rest.split_once('"')?;
                element.push_str(before);
                rest = after;
                match rest.strip_prefix('"') {
                    Some(after) => {
                        element.push('"');
                        rest = after;
                    }
                    None => break,
                }
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            element.push_str(rest[..end].trim_end_matches(blank));
            rest = &rest[end..];
        }
        found.push(element);
        rest = rest.trim_start_matches(blank);
        if rest.is_empty() {
            return Some(found);
        }
        rest = rest.strip_prefix(',')?.trim_start_matches(blank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_several_literals_and_all_else_is_one() {
        for (entry, wanted) in [
            (r#"search_path="$user", public"#, r#"SET "search_path" TO '$user', 'public'"#),
            (
                r#"search_path="a, b", "say ""hi""" ,c d , "e\""#,
                r#"SET "search_path" TO 'a, b', 'say "hi"', 'c d', E'e\\'"#,
            ),
            (r#"search_path="""#, r#"SET "search_path" TO ''"#),
            ("temp_tablespaces=", r#"SET "temp_tablespaces" TO ''"#),
            ("DateStyle=ISO, DMY", r#"SET "DateStyle" TO 'ISO, DMY'"#),
            ("app.key=it's = 1\n\\", "SET \"app.key\" TO E'it''s = 1\n\\\\'"),
        ] {
            assert_eq!(set(entry).unwrap(), wanted);
        }
    }

    #[test]
    fn a_list_that_the_server_would_not_read_is_refused() {
        for entry in ["search_path", r#"search_path="a"#, r#"search_path="a"b"#] {
            assert_eq!(set(entry).unwrap_err().exit(), task::Exit::Usage, "{entry}");
        }
    }
}
