//! `mysql://user:password@host:port/database?ssl-mode=…`.

use crate::{Endpoint, MySettings};
use clap::ValueEnum;
use mysql_async::Opts;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use task::{Context, Error, Result, Secret};

/// The driver reads the address; the options, for which it has other names, are ours.
pub(crate) fn endpoint(url: &str) -> Result<Endpoint> {
    let wrong = || "not a MySQL URL: mysql://user@host:port/database".to_owned();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let address = address
        .strip_prefix("mariadb://")
        .map_or_else(|| address.to_owned(), |rest| format!("mysql://{rest}"));
    // What the driver says of it could show the password.
    let options = Opts::from_url(&address).map_err(|_| Error::usage(wrong()))?;
    let mut settings = MySettings::from_environment()?;
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = percent_decode_str(value).decode_utf8().usage(wrong)?;
        match name.replace('_', "-").as_str() {
            "ssl-mode" => {
                settings.ssl_mode = ValueEnum::from_str(&value, true)
                    .map_err(|_| Error::usage(format!("no such ssl-mode in a URL: {value}")))?;
            }
            "ssl-ca" => settings.ssl_ca = Some(PathBuf::from(&*value)),
            "ssl-cert" => settings.ssl_cert = Some(PathBuf::from(&*value)),
            "ssl-key" => settings.ssl_key = Some(PathBuf::from(&*value)),
            "socket" => settings.socket = Some(PathBuf::from(&*value)),
            name => return Err(Error::usage(format!("no such option in a MySQL URL: {name}"))),
        }
    }
    settings.host = Some(options.ip_or_hostname().to_owned());
    settings.port = Some(options.tcp_port());
    if !query.contains("socket=") {
        settings.socket = None;
    }
    settings.user = options.user().map(str::to_owned).or(settings.user);
    settings.database = options.db_name().map(str::to_owned).or(settings.database);
    let password = options.pass().map(Secret::from);
    Ok(settings.endpoint()?.with_password(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_all_but_the_password() {
        let endpoint = endpoint("mysql://ann:s%3Acret@db:3307/shop?ssl-mode=VERIFY_CA").unwrap();
        assert_eq!(endpoint.to_string(), "db:3307/shop");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(db:3307/shop)");
        assert_eq!(endpoint.user(), "ann");
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for url in [
            "mysql://ann:hunter2@db/shop?ssl-mode=no",
            "mysql://ann:hunter2@db:x/shop",
            "postgres://ann:hunter2@db/shop",
            "mysql://ann:hunter2@db/shop?unknown=hunter2",
        ] {
            let error = format!("{:#}", endpoint(url).unwrap_err());
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
