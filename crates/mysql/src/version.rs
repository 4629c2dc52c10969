//! Which of the two families a server belongs to, and how new it is.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub mariadb: bool,
    pub number: (u32, u32, u32),
    /// As the server says it.
    pub text: String,
}

impl Version {
    /// From `VERSION()`: `9.7.4-2`, `10.11.18-MariaDB-log`, and behind some proxies
    /// `5.5.5-10.11.18-MariaDB`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mariadb = text.to_ascii_lowercase().contains("mariadb");
        let said = if mariadb { text.strip_prefix("5.5.5-").unwrap_or(text) } else { text };
        let digits = said.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?;
        let mut numbers = digits.split('.').map(str::parse);
        let number = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some(Self { mariadb, number, text: text.to_owned() })
    }

    /// MySQL of at least this version.
    pub fn mysql_from(&self, major: u32, minor: u32) -> bool {
        !self.mariadb && (self.number.0, self.number.1) >= (major, minor)
    }

    /// MariaDB of at least this version.
    pub fn mariadb_from(&self, major: u32, minor: u32) -> bool {
        self.mariadb && (self.number.0, self.number.1) >= (major, minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.number;
        let family = if self.mariadb { "MariaDB" } else { "MySQL" };
        write!(f, "{family} {major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_apart() {
        for (text, shown) in [
            ("9.7.4-2", "MySQL 9.7.4"),
            ("8.0.36-28", "MySQL 8.0.36"),
            ("10.11.18-MariaDB-deb12-log", "MariaDB 10.11.18"),
            ("5.5.5-10.6.2-MariaDB", "MariaDB 10.6.2"),
        ] {
            assert_eq!(Version::parse(text).unwrap().to_string(), shown);
        }
        assert_eq!(Version::parse("new"), None);
        let version = Version::parse("10.11.18-MariaDB").unwrap();
        assert!(version.mariadb_from(10, 6) && !version.mariadb_from(11, 0));
        assert!(!version.mysql_from(8, 0));
    }
}
