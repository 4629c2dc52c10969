//! Names as people write them and as patterns mean them.

use mysql::quote::ident;
use wildmatch::WildMatch;

/// Quoted only where it must be.
pub(crate) fn shown(name: &str) -> String {
    let simple = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if simple { name.to_owned() } else { ident(name) }
}

/// The name itself again.
pub(crate) fn meant(shown: &str) -> String {
    match shown.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(quoted) => quoted.replace("``", "`"),
        None => shown.to_owned(),
    }
}

/// Whether one of the patterns means it: `*` and `?` stand for anything.
pub(crate) fn like(name: &str, patterns: &[String]) -> bool {
    patterns.iter().filter(|one| !one.is_empty()).any(|one| WildMatch::new(one).matches(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_and_question_marks() {
        let patterns = ["tmp_*".to_owned(), String::new(), "log?".to_owned()];
        assert!(like("tmp_1", &patterns) && like("log1", &patterns));
        assert!(!like("", &patterns) && !like("log", &patterns) && !like("x_tmp_", &patterns));
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(shown("orders_2"), "orders_2");
        assert_eq!(shown("Or`ders"), "`Or``ders`");
        for name in ["orders", "Or`ders", "`", ""] {
            assert_eq!(meant(&shown(name)), name);
        }
    }
}
