//! Whom a backup is encrypted to.

use age::Recipient;
use std::path::Path;
use std::str::FromStr;
use task::{Context, Error, Result};

/// Public keys, each once, as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients(Vec<String>);

impl Recipients {
    /// Keys like `age1…`, and those of a file with one on each line, as `age -R` takes it.
    pub fn read(given: &[String], file: Option<&Path>) -> Result<Self> {
        let mut found = Self::default();
        for key in given.iter().map(|key| key.trim()).filter(|key| !key.is_empty()) {
            found.add(key, || "ENCRYPT_TO".to_owned())?;
        }
        if let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) {
            let shown = file.display();
            let text = std::fs::read_to_string(file)
                .usage(|| format!("cannot read recipients from {shown}"))?;
            let before = found.0.len();
            for (number, line) in text.lines().enumerate() {
                let line = line.trim();
                if !line.is_empty() && !line.starts_with('#') {
                    found.add(line, || format!("line {} of {shown}", number + 1))?;
                }
            }
            if found.0.len() == before {
                return Err(Error::usage(format!("there is no recipient in {shown}")));
            }
        }
        Ok(found)
    }

    fn add(&mut self, key: &str, place: impl Fn() -> String) -> Result<()> {
        // Not shown: it may be the wrong half of the pair.
        if age::x25519::Recipient::from_str(key).is_err() {
            return Err(Error::usage(format!(
                "{} is not a recipient of age: write a public key like age1…, as age-keygen -y \
                 prints it",
                place()
            )));
        }
        if !self.0.iter().any(|known| known == key) {
            self.0.push(key.to_owned());
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn names(&self) -> &[String] {
        &self.0
    }

    pub(super) fn keys(&self) -> Result<Vec<Box<dyn Recipient>>> {
        let key = |key: &String| match age::x25519::Recipient::from_str(key) {
            Ok(key) => Ok(Box::new(key) as Box<dyn Recipient>),
            Err(why) => Err(Error::usage(format!("{key} is not a recipient of age: {why}"))),
        };
        self.0.iter().map(key).collect()
    }
}
