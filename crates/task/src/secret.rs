//! Values that must not be seen, and the two ways they come in: a variable, or a file it names.
//!
//! Kubernetes mounts secrets as files; a password in a file is not in `kubectl describe pod`.

use crate::{Context, Error, Result};
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;

/// Prints as `***`, whatever it is printed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secret in the variable, or in the file that `VARIABLE_FILE` names. An empty variable is as
/// good as none; an empty file is a mistake.
pub fn secret(variable: &str) -> Result<Option<Secret>> {
    choose(variable, std::env::var_os(variable), std::env::var_os(format!("{variable}_FILE")))
}

/// The same for a setting that clap has read from the variable (or the flag) already.
pub(crate) fn given_or_file(variable: &str, given: Option<&Secret>) -> Result<Option<Secret>> {
    let given = given.map(|given| OsString::from(given.expose()));
    choose(variable, given, std::env::var_os(format!("{variable}_FILE")))
}

/// For clap, whose message about a value it cannot parse would show the value: so every text is
/// taken here, and looked at later.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a Result")]
pub(crate) fn parse(value: &str) -> Result<Secret, Infallible> {
    Ok(Secret::from(value))
}

fn choose(
    variable: &str,
    value: Option<OsString>,
    file: Option<OsString>,
) -> Result<Option<Secret>> {
    let value = value.filter(|value| !value.is_empty());
    let file = file.filter(|file| !file.is_empty());
    match (value, file) {
        (Some(_), Some(_)) => {
            Err(Error::usage(format!("both {variable} and {variable}_FILE are set: keep one")))
        }
        (Some(value), None) => match value.into_string() {
            Ok(value) => Ok(Some(Secret(value))),
            Err(_) => Err(Error::usage(format!("{variable} is not UTF-8"))),
        },
        (None, Some(path)) => {
            let path = std::path::PathBuf::from(path);
            let mut text = std::fs::read_to_string(&path)
                .usage(|| format!("cannot read {}, which {variable}_FILE names", path.display()))?;
            if text.ends_with('\n') {
                text.pop();
                if text.ends_with('\r') {
                    text.pop();
                }
            }
            if text.is_empty() {
                return Err(Error::usage(format!(
                    "{}, which {variable}_FILE names, is empty",
                    path.display()
                )));
            }
            Ok(Some(Secret(text)))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    fn from_file(content: &[u8]) -> Result<Option<Secret>> {
        let path = std::env::temp_dir().join(format!("secret-{}-{content:?}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        let found = choose("PGPASSWORD", None, Some(path.clone().into()));
        std::fs::remove_file(path).unwrap();
        found
    }

    #[test]
    fn never_shows_itself() {
        let secret = Secret::from("hunter2");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
    }

    #[test]
    fn cuts_one_newline_of_a_file_and_nothing_else() {
        assert_eq!(from_file(b"  a b\n").unwrap().unwrap().expose(), "  a b");
        assert_eq!(from_file(b"a\r\n").unwrap().unwrap().expose(), "a");
        assert_eq!(from_file(b"a\n\n").unwrap().unwrap().expose(), "a\n");
    }

    #[test]
    fn names_path_and_variable_of_a_bad_file() {
        let missing = choose("PGPASSWORD", None, Some("/nowhere/pw".into())).unwrap_err();
        let empty = from_file(b"\n").unwrap_err();
        assert_eq!((missing.exit(), empty.exit()), (Exit::Usage, Exit::Usage));
        let text = format!("{missing:#}");
        assert!(text.contains("/nowhere/pw, which PGPASSWORD_FILE names: No such file"), "{text}");
        assert!(format!("{empty:#}").ends_with("which PGPASSWORD_FILE names, is empty"));
        assert_eq!(from_file(b"\xff").unwrap_err().exit(), Exit::Usage);
    }

    #[test]
    fn refuses_two_sources_and_takes_empty_for_none() {
        let both = choose("A", Some("x".into()), Some("/y".into())).unwrap_err();
        assert_eq!(both.to_string(), "both A and A_FILE are set: keep one");
        assert_eq!(choose("A", Some("".into()), Some("".into())).unwrap(), None);
        assert_eq!(choose("A", Some("x".into()), None).unwrap(), Some(Secret::from("x")));
    }
}
