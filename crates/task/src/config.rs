//! Lists and mappings too long for flags: one YAML file, named by `--config`, mostly mounted from a
//! `ConfigMap`. What the program does not know is refused, with line and column.

use crate::{Context, Result};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads it. `T` has to deny unknown fields.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).usage(|| format!("cannot read --config {shown}"))?;
    // Without the lines around the mistake: an error is one line, and they may hold secrets.
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(&text, options)
        .usage(|| format!("cannot understand --config {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        size: u32,
    }

    fn parsed(yaml: &str) -> Result<Config> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), yaml).unwrap();
        read(file.path())
    }

    #[test]
    fn reads_what_it_knows() {
        assert_eq!(parsed("# a comment\nsize: 7\n").unwrap().size, 7);
    }

    #[test]
    fn a_mistake_is_wrong_use_and_its_place_is_named() {
        for (yaml, place, what) in [
            ("size: 7\nsise: 8\n", "line 2, column 1", "sise"),
            ("size: -7\n", "line 1, column 7", "u32"),
            ("size: 7\nsize: 8\n", "line 2, column 1", "size"),
            ("size: [\n", "line", ""),
            ("", "line", ""),
        ] {
            let error = parsed(yaml).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage);
            let said = format!("{error:#}");
            assert!(said.contains(place) && said.contains(what), "{yaml:?}: {said}");
            assert!(!said.contains('\n') && !said.contains("\\n"), "{said}");
        }
        let error = read::<Config>(Path::new("/no/such/file")).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
    }
}
