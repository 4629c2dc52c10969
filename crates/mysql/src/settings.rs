//! The settings that every MySQL client has, under the names that the field knows.

use crate::Endpoint;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;
use task::server::{or_file, port, seconds};
use task::{Context, Error, Result};

/// Global, so that they may stand before or after a verb. A password is never an argument:
/// `MYSQL_PWD` or `MYSQL_PWD_FILE`.
// A plain comment: clap would take a doc comment for the text about the program.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "MySQL or MariaDB (password: MYSQL_PWD or MYSQL_PWD_FILE)")]
pub struct MySettings {
    /// Server: a name or an address [also: `MYSQL_HOST_FILE`] [default: localhost]
    #[arg(long, env = "MYSQL_HOST", global = true)]
    pub host: Option<String>,

    /// Port [default: 3306]
    #[arg(long, short = 'P', env = "MYSQL_TCP_PORT", global = true, value_parser = port)]
    pub port: Option<u16>,

    /// Its socket, instead of host and port
    #[arg(long, short = 'S', env = "MYSQL_UNIX_PORT", global = true, value_name = "FILE")]
    pub socket: Option<PathBuf>,

    /// Account [also: `MYSQL_USER_FILE`] [default: the user who runs this]
    #[arg(long, short, env = "MYSQL_USER", global = true)]
    pub user: Option<String>,

    /// Database [also: `MYSQL_DATABASE_FILE`]
    #[arg(long, short = 'D', env = "MYSQL_DATABASE", global = true)]
    pub database: Option<String>,

    /// How much the connection is protected
    #[arg(long, env = "MYSQL_SSL_MODE", global = true, value_enum, default_value_t)]
    #[arg(ignore_case = true)]
    pub ssl_mode: SslMode,

    /// Certificates that may sign the server's, as a PEM file [default: the public ones]
    #[arg(long, env = "MYSQL_SSL_CA", global = true, value_name = "FILE")]
    pub ssl_ca: Option<PathBuf>,

    /// Our own certificate, for a server that asks for one, as a PEM file
    #[arg(long, env = "MYSQL_SSL_CERT", global = true, value_name = "FILE", requires = "ssl_key")]
    pub ssl_cert: Option<PathBuf>,

    /// The key to it, as a PEM file
    #[arg(long, env = "MYSQL_SSL_KEY", global = true, value_name = "FILE", requires = "ssl_cert")]
    pub ssl_key: Option<PathBuf>,

    /// Seconds that one attempt to connect may take
    #[arg(long, env = "MYSQL_CONNECT_TIMEOUT", global = true, value_name = "SECONDS")]
    #[arg(default_value = "10", value_parser = seconds)]
    pub connect_timeout: Duration,
}

/// The `mysql` command's `--ssl-mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SslMode {
    /// No TLS
    Disabled,
    /// TLS if the server has it, its certificate not looked at
    #[default]
    Preferred,
    /// TLS or nothing, the certificate not looked at
    Required,
    /// The certificate is signed by one we trust; the driver refuses one for another host, too
    #[value(alias = "verify_ca")]
    VerifyCa,
    /// And is made out for the host we wanted
    #[value(alias = "verify_identity")]
    VerifyIdentity,
}

#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    settings: MySettings,
}

impl MySettings {
    /// The settings of the environment alone.
    pub fn from_environment() -> Result<Self> {
        Ok(Alone::try_parse_from(["mysql"])
            .usage(|| "wrong MYSQL_* environment variable".to_owned())?
            .settings)
    }

    /// Where these settings point, with the password for it; opens no connection yet.
    pub fn endpoint(&self) -> Result<Endpoint> {
        let host =
            or_file("MYSQL_HOST", self.host.as_deref())?.unwrap_or_else(|| "localhost".into());
        let user = or_file("MYSQL_USER", self.user.as_deref())?
            .or_else(|| std::env::var("USER").ok().filter(|user| !user.is_empty()))
            .ok_or_else(|| Error::usage("no account to connect as: set MYSQL_USER"))?;
        let database = or_file("MYSQL_DATABASE", self.database.as_deref())?;
        Endpoint::new(self, host, user, database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<MySettings, clap::Error> {
        Alone::try_parse_from(["mysql"].iter().chain(arguments)).map(|alone| alone.settings)
    }

    #[test]
    fn the_usual_short_flags_work() {
        let settings = parsed(&["-u", "ann", "-D", "shop", "-P", "3307", "--host", "db"]).unwrap();
        assert_eq!(settings.endpoint().unwrap().to_string(), "db:3307/shop");
        let settings = parsed(&["-u", "ann", "-S", "/run/my.sock"]).unwrap();
        assert_eq!(settings.endpoint().unwrap().to_string(), "/run/my.sock");
    }

    #[test]
    fn every_ssl_mode_of_the_mysql_command_is_known() {
        for mode in
            ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY", "verify-ca"]
        {
            assert!(parsed(&["--ssl-mode", mode]).is_ok(), "{mode}");
        }
        assert!(parsed(&["--ssl-mode", "verify"]).is_err());
        assert!(parsed(&["--ssl-cert", "a.pem"]).is_err(), "its key is missing");
    }
}
