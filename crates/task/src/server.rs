//! What the settings of every server that a program connects to have in common.

use crate::Result;
use std::time::Duration;

/// An empty value is as good as none; a file is asked only if nothing was given.
pub fn or_file(variable: &str, given: Option<&str>) -> Result<Option<String>> {
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Ok(Some(given.to_owned()));
    }
    Ok(crate::secret(variable)?.map(|found| found.expose().to_owned()))
}

/// A value parser for clap.
pub fn port(text: &str) -> Result<u16, String> {
    match text.parse() {
        // Kubernetes sets `X_PORT=tcp://…` for a service named x: say what is the matter.
        _ if text.starts_with("tcp://") => {
            Err("this is a Kubernetes service link: set enableServiceLinks: false".into())
        }
        Ok(0) | Err(_) => Err("not a port (1 to 65535)".into()),
        Ok(port) => Ok(port),
    }
}

/// A value parser for clap; 0 is no limit, as in libpq.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<u32>() {
        Ok(0) => Ok(Duration::from_hours(24)),
        Ok(seconds) => Ok(Duration::from_secs(seconds.into())),
        Err(_) => Err("not a number of seconds".into()),
    }
}
