//! Who asks: a bearer token, user and password, or a key in a header.

use crate::config::Auth;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use task::{Error, Result, Secret, secret};

/// Without a word in the configuration: a bearer if there is a key, user and password if there is a user.
pub(super) fn header(
    auth: Option<&Auth>,
    user: Option<&str>,
) -> Result<Option<(HeaderName, HeaderValue)>> {
    let key = secret("API_KEY")?;
    let auth = match (auth, &key, user) {
        (Some(auth), ..) => auth.clone(),
        (None, Some(_), Some(_)) => {
            return Err(Error::usage(
                "both API_KEY and API_USER are set: say in source.auth which counts",
            ));
        }
        (None, Some(_), None) => Auth::Bearer,
        (None, None, Some(_)) => Auth::Basic,
        (None, None, None) => Auth::None,
    };
    let missing = |what: &str| Error::usage(format!("source.auth wants {what}, and it is not set"));
    match auth {
        Auth::None => Ok(None),
        Auth::Bearer => {
            let key = key.ok_or_else(|| missing("API_KEY"))?;
            hidden(AUTHORIZATION, &Secret::from(format!("Bearer {}", key.expose())), "API_KEY")
        }
        Auth::Header(name) => {
            let key = key.ok_or_else(|| missing("API_KEY"))?;
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::usage(format!("{name:?} of source.auth is no header")))?;
            hidden(name, &key, "API_KEY")
        }
        Auth::Basic => {
            let user = user.ok_or_else(|| missing("API_USER"))?;
            let password = secret("API_PASSWORD")?;
            let both = format!("{user}:{}", password.as_ref().map_or("", Secret::expose));
            let both = Secret::from(format!("Basic {}", BASE64_STANDARD.encode(both)));
            hidden(AUTHORIZATION, &both, "API_PASSWORD")
        }
    }
}

fn hidden(
    name: HeaderName,
    value: &Secret,
    variable: &str,
) -> Result<Option<(HeaderName, HeaderValue)>> {
    let mut value = HeaderValue::from_str(value.expose())
        .map_err(|_| Error::usage(format!("{variable} holds what no header can")))?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
