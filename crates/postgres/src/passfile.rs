//! `~/.pgpass`: `host:port:database:user:password`, `*` for any, `\` before `:` and `\`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use task::{Context, Result};

/// The lines of a password file, in order: the first that fits counts.
pub(crate) struct Passfile(Vec<[String; 5]>);

/// What a line is looked up by.
pub(crate) struct Wanted<'a> {
    pub(crate) hosts: &'a [&'a str],
    pub(crate) port: u16,
    pub(crate) database: &'a str,
    pub(crate) user: &'a str,
}

impl Passfile {
    /// None when there is no file, or when libpq would not trust it either.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error)
                    .usage(|| format!("cannot read the password file {}", path.display()));
            }
        };
        let path_shown = path.display();
        if !metadata.is_file() {
            tracing::warn!("password file {path_shown} is not a plain file: ignored");
            return Ok(None);
        }
        if metadata.mode() & 0o077 != 0 {
            tracing::warn!(
                "password file {path_shown} can be read by others: ignored; chmod it to 0600"
            );
            return Ok(None);
        }
        let text = fs::read_to_string(path)
            .usage(|| format!("cannot read the password file {path_shown}"))?;
        Ok(Some(Self::parse(&text)))
    }

    fn parse(text: &str) -> Self {
        Self(
            text.lines()
                .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
                .filter_map(fields)
                .collect(),
        )
    }

    pub(crate) fn password(&self, wanted: &Wanted<'_>) -> Option<&str> {
        let port = wanted.port.to_string();
        let fits = |field: &str, value: &str| field == "*" || field == value;
        self.0
            .iter()
            .find(|[host, a_port, database, user, _]| {
                wanted.hosts.iter().any(|name| fits(host, name))
                    && fits(a_port, &port)
                    && fits(database, wanted.database)
                    && fits(user, wanted.user)
            })
            .map(|[.., password]| password.as_str())
    }
}

/// The five fields; like libpq, whatever follows a fifth colon is not part of the password.
fn fields(line: &str) -> Option<[String; 5]> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(letters.next()),
            letter => fields.last_mut()?.push(letter),
        }
    }
    fields.truncate(5);
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn look_up<'a>(file: &'a Passfile, host: &str, database: &str, user: &str) -> Option<&'a str> {
        file.password(&Wanted { hosts: &[host], port: 5432, database, user })
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let file = Passfile::parse(
            "# a comment\n\ndb:5432:shop:ann:first\ndb:*:*:ann:second\n*:*:*:*:any\nbroken:line\n",
        );
        assert_eq!(look_up(&file, "db", "shop", "ann"), Some("first"));
        assert_eq!(look_up(&file, "db", "other", "ann"), Some("second"));
        assert_eq!(look_up(&file, "db2", "shop", "bob"), Some("any"));
    }

    #[test]
    fn nothing_fits_when_one_field_differs() {
        let file = Passfile::parse("db:5433:shop:ann:secret\n");
        assert_eq!(look_up(&file, "db", "shop", "ann"), None);
    }

    #[test]
    fn colons_and_backslashes_are_escaped_by_a_backslash() {
        let file = Passfile::parse("fe80\\:\\:1:5432:a\\\\b:ann:p\\:w\\\\d\n");
        assert_eq!(look_up(&file, "fe80::1", r"a\b", "ann"), Some(r"p:w\d"));
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored() {
        let path = std::env::temp_dir().join(format!("passfile-{}", std::process::id()));
        fs::write(&path, "*:*:*:*:secret\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Passfile::read(&path).unwrap().is_none());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let file = Passfile::read(&path).unwrap().unwrap();
        assert_eq!(look_up(&file, "h", "d", "u"), Some("secret"));
        fs::remove_file(&path).unwrap();
        assert!(Passfile::read(&path).unwrap().is_none());
    }
}
