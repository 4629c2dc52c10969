//! `KIND/NAME` as people write it, to choose backups or to expect them.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;
use wildmatch::WildMatch;

/// Either side may hold `*` and `?`. The name of a backup can be anything, a slash included.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern {
    text: String,
    kind: WildMatch,
    name: WildMatch,
}

impl Pattern {
    pub(crate) fn fits(&self, kind: &str, name: &str) -> bool {
        self.kind.matches(kind) && self.name.matches(name)
    }

    pub(crate) fn fits_any(&self, found: &[(&str, &str)]) -> bool {
        found.iter().any(|(kind, name)| self.fits(kind, name))
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self {
                text: text.to_owned(),
                kind: WildMatch::new(kind),
                name: WildMatch::new(name),
            }),
            _ => Err(format!("{text:?} is not KIND/NAME: write it like postgres/shop")),
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_have_to_fit() {
        let fits = |text: &str, kind, name| text.parse::<Pattern>().unwrap().fits(kind, name);
        assert!(fits("postgres/shop", "postgres", "shop"));
        assert!(fits("*/shop", "volume", "shop"));
        assert!(fits("postgres/shop-?", "postgres", "shop-1"));
        assert!(fits("volume/a/b*", "volume", "a/b/c"));
        assert!(!fits("postgres/shop", "postgres", "shop-1"));
        assert!(!fits("postgres/shop", "postgresglobals", "shop"));
    }

    #[test]
    fn what_has_no_two_sides_is_refused() {
        for text in ["", "shop", "/shop", "postgres/"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
