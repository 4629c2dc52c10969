//! The header `Link` (RFC 8288): where the next page is.

/// The target of the first link whose relation is `next`.
pub(crate) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, link)) = rest.split_once('<') {
        let (target, parameters) = link.split_once('>')?;
        let end = unquoted(parameters, ',');
        if is_next(&parameters[..end]) {
            return Some(target.trim());
        }
        rest = &parameters[end..];
    }
    None
}

/// Where this letter stands outside of quotes, or the end.
fn unquoted(text: &str, wanted: char) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            letter if letter == wanted && !quoted => return place,
            _ => {}
        }
    }
    text.len()
}

fn is_next(parameters: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, after) = rest.split_at(unquoted(rest, ';'));
        rest = after.strip_prefix(';').unwrap_or(after);
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let mut relations = value.trim().trim_matches('"').split_whitespace();
        if name.trim().eq_ignore_ascii_case("rel")
            && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        for (header, wanted) in [
            (
                r#"<https://a/?page=2>; rel="next", <https://a/?page=9>; rel="last""#,
                Some("https://a/?page=2"),
            ),
            (r#"<https://a/?page=1>; rel="prev", </x?p=3,4>; rel=next"#, Some("/x?p=3,4")),
            (r#"<a>; title="rel=next, <b>"; rel="prev", <c>; REL="start NEXT""#, Some("c")),
            (r#"<a>; rel="last""#, None),
            (r#"<a>; rel="nextish""#, None),
            ("", None),
            ("<a", None),
            (r#"<a>; title="\", <b>; rel=next"; rel=prev"#, None),
        ] {
            assert_eq!(next(header), wanted, "{header}");
        }
    }
}
