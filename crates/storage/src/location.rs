//! What a store's URL means.

use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use task::{Error, Result};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Directory(PathBuf),
}

pub(crate) fn parse(url: &str) -> Result<Location> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return match url {
            "" => Err(Error::usage("the store is empty: name a directory, such as /backup")),
            path => Ok(Location::Directory(PathBuf::from(path))),
        };
    };
    match scheme {
        "file" => {
            let path = rest.strip_prefix("localhost").unwrap_or(rest);
            if !path.starts_with('/') {
                return Err(Error::usage(format!(
                    "store {url:?} names a host: write file:///path, with three slashes"
                )));
            }
            let path = percent_decode_str(path).decode_utf8().map_err(|cause| {
                Error::usage(format!("store {url:?} is not UTF-8 once decoded")).because(cause)
            })?;
            Ok(Location::Directory(PathBuf::from(path.into_owned())))
        }
        "s3" => Err(Error::usage(
            "a store in S3 comes with a later version: name a directory, such as /backup",
        )),
        // What follows the scheme may hold a password, so only the scheme is said.
        other => Err(Error::usage(format!(
            "a store cannot be {other}://…: name a directory, such as /backup"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use task::Exit;

    #[test]
    fn a_path_or_a_file_url_is_a_directory() {
        for (url, path) in [
            ("/backup", "/backup"),
            ("backup/here", "backup/here"),
            ("file:///backup", "/backup"),
            ("file://localhost/a%20b", "/a b"),
        ] {
            assert_eq!(parse(url).unwrap(), Location::Directory(path.into()), "{url}");
        }
    }

    #[test]
    fn anything_else_is_wrong_use_and_shows_no_password() {
        for url in ["", "file://host/x", "s3://bucket/x", "ftp://me:secret@host/x"] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage, "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(parse("s3://b").unwrap_err().to_string().contains("comes with a later version"));
    }
}
