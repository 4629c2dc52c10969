//! `postgres://user:password@host:port/database?sslmode=…`, as libpq reads it.

use crate::{Endpoint, PgSettings};
use clap::ValueEnum;
use std::path::PathBuf;
use task::{Context, Error, Result, Secret};
use tokio_postgres::config::{Config, Host};

/// tokio-postgres reads the address; the options about TLS, of which it knows too few, are ours.
pub(crate) fn endpoint(url: &str) -> Result<Endpoint> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(Error::usage("not a PostgreSQL URL: postgres://user@host:port/database"));
    }
    let mut settings = PgSettings::from_environment()?;
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut rest = Vec::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("sslmode", mode)) => {
                settings.sslmode = ValueEnum::from_str(mode, false)
                    .map_err(|_| Error::usage(format!("no such sslmode in a URL: {mode}")))?;
            }
            Some(("sslrootcert", path)) => settings.sslrootcert = Some(PathBuf::from(plain(path)?)),
            Some(("passfile", path)) => settings.passfile = Some(PathBuf::from(plain(path)?)),
            // Meant for libpq, and without a meaning here.
            Some(("gssencmode" | "channel_binding", _)) => {}
            _ => rest.push(option),
        }
    }
    let config: Config = format!("{address}?{}", rest.join("&"))
        .parse()
        .usage(|| "cannot read a PostgreSQL URL".to_owned())?;
    if config.get_hosts().len() > 1 {
        return Err(Error::usage("a PostgreSQL URL names several hosts: name one"));
    }
    if let Some(host) = config.get_hosts().first() {
        settings.host = Some(match host {
            Host::Tcp(host) => host.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
    }
    settings.port = config.get_ports().first().copied().or(settings.port);
    settings.user = config.get_user().map(str::to_owned).or(settings.user);
    settings.dbname = config.get_dbname().map(str::to_owned).or(settings.dbname);
    settings.connect_timeout =
        config.get_connect_timeout().copied().unwrap_or(settings.connect_timeout);
    let password = match config.get_password() {
        Some(password) => Some(Secret::from(
            str::from_utf8(password).usage(|| "the password in a URL is not UTF-8".to_owned())?,
        )),
        None => None,
    };
    Ok(settings
        .endpoint()?
        .with_password(password)
        .with_options(config.get_options().map(str::to_owned)))
}

/// A value without its percent signs.
fn plain(value: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let code = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).usage(|| format!("not UTF-8 in a URL: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_all_but_the_password() {
        let endpoint =
            endpoint("postgres://ann:s%3Acret@db:5433/shop?sslmode=verify-full").unwrap();
        assert_eq!(endpoint.to_string(), "db:5433/shop");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(db:5433/shop)");
        assert_eq!(endpoint.user(), "ann");
    }

    #[test]
    fn a_socket_directory_may_be_in_the_host() {
        let endpoint = endpoint("postgres://ann@%2Fvar%2Frun/shop").unwrap();
        assert_eq!(endpoint.to_string(), "/var/run:5432/shop");
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for url in [
            "postgres://ann:hunter2@db/shop?sslmode=no",
            "postgres://ann:hunter2@db:x/shop",
            "postgres://ann:hunter2@a,b/shop",
            "mysql://ann:hunter2@db/shop",
            "postgres://ann:hunter2@db/shop?unknown=hunter2",
        ] {
            let error = format!("{:#}", endpoint(url).unwrap_err());
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn percent_signs_of_a_path_are_read() {
        assert_eq!(plain("%2Fetc%2Fca%20.pem").unwrap(), "/etc/ca .pem");
        assert_eq!(plain("50%").unwrap(), "50%");
    }
}
