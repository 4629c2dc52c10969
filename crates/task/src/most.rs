//! How much may be deleted at once: a number, or a share of what there is.

use std::fmt;

/// The most that may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    Count(u64),
    Percent(u64),
}

impl Most {
    /// A value parser for clap.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number =
            |text: &str| text.trim().parse::<u64>().map_err(|_| "write it like 100 or 10%");
        Ok(match text.trim().strip_suffix('%') {
            Some(percent) => match number(percent)? {
                percent @ 0..=100 => Self::Percent(percent),
                _ => return Err("it is more than 100%".to_owned()),
            },
            None => Self::Count(number(text)?),
        })
    }

    pub fn allows(self, deleted: u64, of: u64) -> bool {
        match self {
            Self::Count(most) => deleted <= most,
            Self::Percent(most) => u128::from(deleted) * 100 <= u128::from(of) * u128::from(most),
        }
    }
}

impl fmt::Display for Most {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(most) => write!(f, "{most}"),
            Self::Percent(most) => write!(f, "{most}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_is_there() {
        let half = Most::parse("50%").unwrap();
        assert!(half.allows(5, 10) && !half.allows(6, 10) && half.allows(0, 0));
        assert!(Most::parse("3").unwrap().allows(3, 3));
        assert!(!Most::parse("3").unwrap().allows(4, 1000));
        for text in ["", "%", "101%", "-1", "a"] {
            assert!(Most::parse(text).is_err(), "{text}");
        }
    }
}
