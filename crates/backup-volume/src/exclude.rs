//! What is left out on purpose.
//!
//! A pattern without a slash is like a name, anywhere; one with a slash, other than at its end, is
//! like a path from the root. `*` and `?` never match a slash, `**` any number of folders, `[a-z]` and
//! `{a,b}` are as in a shell, and a backslash takes what follows as it is. A slash at the end means
//! folders only. A folder that is left out is not gone into.

use globset::{GlobBuilder, GlobMatcher};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use task::{Context, Result};

#[derive(Debug, Default)]
pub(crate) struct Exclude(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    glob: GlobMatcher,
    anchored: bool,
    folders_only: bool,
}

impl Exclude {
    pub(crate) fn new(patterns: &[String]) -> Result<Self> {
        let patterns = patterns.iter().flat_map(|several| split(several));
        patterns.map(Pattern::new).collect::<Result<_>>().map(Self)
    }

    pub(crate) fn matches(&self, path: &[u8], folder: bool) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        self.0.iter().filter(|pattern| folder || !pattern.folders_only).any(|pattern| {
            let subject = if pattern.anchored { path } else { name };
            pattern.glob.is_match(Path::new(OsStr::from_bytes(subject)))
        })
    }
}

/// At commas, but not at those within braces or behind a backslash.
fn split(several: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut escaped) = (0_u32, false);
    let border = move |letter: char| {
        let plain = !std::mem::take(&mut escaped);
        match letter {
            '\\' if plain => escaped = true,
            '{' if plain => depth += 1,
            '}' if plain => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && plain && depth == 0
    };
    several.split(border).filter(|pattern| !pattern.is_empty())
}

impl Pattern {
    fn new(text: &str) -> Result<Self> {
        let (body, folders_only) = match text.strip_suffix('/') {
            Some(body) => (body, true),
            None => (text, false),
        };
        let anchored = body.contains('/');
        let body = body.strip_prefix("./").unwrap_or(body).trim_start_matches('/');
        let glob = GlobBuilder::new(body).literal_separator(true).backslash_escape(true).build();
        let glob = glob.usage(|| format!("{text:?} is no pattern to exclude by"))?;
        Ok(Self { glob: glob.compile_matcher(), anchored, folders_only })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(pattern: &str, path: &str, folder: bool) -> bool {
        Exclude::new(&[pattern.to_owned()]).unwrap().matches(path.as_bytes(), folder)
    }

    #[test]
    fn a_pattern_means_a_name_anywhere_or_a_path_from_the_root() {
        for (pattern, path, folder, expected) in [
            ("*.tmp", "a.tmp", false, true),
            ("*.tmp", "x/y/a.tmp", false, true),
            ("*.tmp", "a.tmp.gz", false, false),
            ("cache", "x/cache", true, true),
            ("cache", "x/cache", false, true),
            ("cache/", "x/cache", false, false),
            ("cache/", "x/cache", true, true),
            ("/cache", "cache", true, true),
            ("/cache", "x/cache", true, false),
            ("./cache/*.tmp", "cache/a.tmp", false, true),
            ("cache/*.tmp", "cache/a.tmp", false, true),
            ("cache/*.tmp", "cache/x/a.tmp", false, false),
            ("cache/*.tmp", "x/cache/a.tmp", false, false),
            ("cache/**/*.tmp", "cache/x/y/a.tmp", false, true),
            ("cache/**/*.tmp", "cache/a.tmp", false, true),
            ("**/x/y", "a/b/x/y", false, true),
            ("a?c", "a/c", false, false),
            ("[ab].{log,txt}", "d/b.txt", false, true),
            (r"\*", "*", false, true),
            (r"\*", "x", false, false),
        ] {
            assert_eq!(excluded(pattern, path, folder), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn several_are_divided_by_commas_that_belong_to_none() {
        let found: Vec<_> = split(r"*.{log,txt},a\,b,,cache/").collect();
        assert_eq!(found, ["*.{log,txt}", r"a\,b", "cache/"]);
    }

    #[test]
    fn names_that_are_no_text_are_matched_too() {
        let exclude = Exclude::new(&["*.tmp".to_owned()]).unwrap();
        assert!(exclude.matches(b"a/\xff\n.tmp", false));
        assert!(Exclude::new(&["[".to_owned()]).is_err());
        assert!(!Exclude::new(&[String::new()]).unwrap().matches(b"a", false));
    }
}
