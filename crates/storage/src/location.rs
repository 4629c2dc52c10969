//! What a store's URL means.

use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use task::{Error, Result};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Directory(PathBuf),
    /// A bucket, and a prefix that is empty or ends with a slash.
    S3 {
        bucket: String,
        prefix: String,
    },
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
        "s3" => s3(rest),
        // What follows the scheme may hold a password, so only the scheme is said.
        other => Err(Error::usage(format!(
            "a store cannot be {other}://…: name a directory, such as /backup, or \
             s3://bucket/prefix"
        ))),
    }
}

/// What follows is taken as it is, as by all tools for S3: nothing in it is decoded.
fn s3(rest: &str) -> Result<Location> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if bucket.is_empty() || !bucket.chars().all(plain) {
        // Not shown: there may be a password before an @.
        return Err(Error::usage(
            "the store names no bucket: write s3://bucket/prefix, and give credentials in \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ));
    }
    let prefix = prefix.trim_matches('/');
    if prefix.split('/').any(|part| part == "." || part == "..") || prefix.contains('\0') {
        return Err(Error::usage(format!(
            "the prefix {prefix:?} of the store cannot be a key in S3: leave out . and .."
        )));
    }
    let slash = if prefix.is_empty() { "" } else { "/" };
    Ok(Location::S3 { bucket: bucket.to_owned(), prefix: format!("{prefix}{slash}") })
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
        for url in [
            "",
            "file://host/x",
            "ftp://me:secret@host/x",
            "s3://",
            "s3:///prefix",
            "s3://me:secret@bucket/x",
            "s3://bucket/../x",
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage, "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_bucket_may_have_a_prefix_with_or_without_a_slash() {
        for (url, prefix) in [
            ("s3://b", ""),
            ("s3://b/", ""),
            ("s3://b/a", "a/"),
            ("s3://b/a/", "a/"),
            ("s3://b/a b/ü+%20", "a b/ü+%20/"),
        ] {
            let wanted = Location::S3 { bucket: "b".to_owned(), prefix: prefix.to_owned() };
            assert_eq!(parse(url).unwrap(), wanted, "{url}");
        }
    }
}
