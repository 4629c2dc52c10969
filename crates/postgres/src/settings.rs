//! The settings that every PostgreSQL client has, under the names that the field knows.

use crate::Endpoint;
use crate::passfile::Passfile;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;
use task::server::{or_file, port, seconds};
use task::{Context, Error, Result};

/// Global, so that they may stand before or after a verb. A password is never an argument:
/// `PGPASSWORD`, `PGPASSWORD_FILE` or the password file.
// A plain comment: clap would take a doc comment for the text about the program.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "PostgreSQL (password: PGPASSWORD, PGPASSWORD_FILE or the passfile)")]
pub struct PgSettings {
    /// Server: a name, an address, or the directory of its socket [also: `PGHOST_FILE`]
    /// [default: localhost]
    #[arg(long, env = "PGHOST", global = true)]
    pub host: Option<String>,

    /// Port [default: 5432]
    #[arg(long, short, env = "PGPORT", global = true, value_parser = port)]
    pub port: Option<u16>,

    /// Role [also: `PGUSER_FILE`] [default: the user who runs this]
    #[arg(long, short = 'U', env = "PGUSER", global = true)]
    pub user: Option<String>,

    /// Database [also: `PGDATABASE_FILE`] [default: the role's name]
    #[arg(long, short, env = "PGDATABASE", global = true)]
    pub dbname: Option<String>,

    /// How much the connection is protected
    #[arg(long, env = "PGSSLMODE", global = true, value_enum, default_value_t)]
    pub sslmode: SslMode,

    /// Certificates that may sign the server's, as a PEM file [default: the public ones]
    #[arg(long, env = "PGSSLROOTCERT", global = true, value_name = "FILE")]
    pub sslrootcert: Option<PathBuf>,

    /// Password file [default: ~/.pgpass]
    #[arg(long, env = "PGPASSFILE", global = true, value_name = "FILE")]
    pub passfile: Option<PathBuf>,

    /// Seconds that one attempt to connect may take
    #[arg(long, env = "PGCONNECT_TIMEOUT", global = true, value_name = "SECONDS")]
    #[arg(default_value = "10", value_parser = seconds)]
    pub connect_timeout: Duration,
}

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SslMode {
    /// No TLS
    Disable,
    /// TLS if the server has it, its certificate not looked at
    #[default]
    #[value(alias = "allow")]
    Prefer,
    /// TLS or nothing; the certificate is looked at only if a root certificate is given
    Require,
    /// The certificate is signed by one we trust
    VerifyCa,
    /// And is made out for the host we wanted
    VerifyFull,
}

#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    settings: PgSettings,
}

impl PgSettings {
    /// The settings of the environment alone.
    pub fn from_environment() -> Result<Self> {
        Ok(Alone::try_parse_from(["postgres"])
            .usage(|| "wrong PG* environment variable".to_owned())?
            .settings)
    }

    /// Where these settings point, with the password for it; opens no connection yet.
    pub fn endpoint(&self) -> Result<Endpoint> {
        let host = or_file("PGHOST", self.host.as_deref())?.unwrap_or_else(|| "localhost".into());
        if host.contains(',') {
            return Err(Error::usage(format!("{host} is several hosts: name one")));
        }
        let user = or_file("PGUSER", self.user.as_deref())?
            .or_else(|| std::env::var("USER").ok().filter(|user| !user.is_empty()))
            .ok_or_else(|| Error::usage("no role to connect as: set PGUSER"))?;
        let database =
            or_file("PGDATABASE", self.dbname.as_deref())?.unwrap_or_else(|| user.clone());
        Endpoint::new(self, host, self.port.unwrap_or(5432), user, database)
    }

    /// The password file, if there is one to trust.
    pub(crate) fn read_passfile(&self) -> Result<Option<Passfile>> {
        let named = self.passfile.as_deref().filter(|path| !path.as_os_str().is_empty());
        if let Some(path) = named {
            return Passfile::read(path)?.map(Some).ok_or_else(|| {
                Error::usage(format!(
                    "the password file {} is missing or cannot be trusted",
                    path.display()
                ))
            });
        }
        let Some(home) = std::env::var_os("HOME").filter(|home| !home.is_empty()) else {
            return Ok(None);
        };
        // Nobody asked for this one: it may belong to somebody else.
        Ok(Passfile::read(&PathBuf::from(home).join(".pgpass")).unwrap_or_else(|error| {
            tracing::warn!("{error:#}: ignored");
            None
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<PgSettings, clap::Error> {
        Alone::try_parse_from(["postgres"].iter().chain(arguments)).map(|alone| alone.settings)
    }

    #[test]
    fn the_usual_short_flags_work() {
        let settings = parsed(&["-U", "ann", "-d", "shop", "-p", "5433", "--host", "db"]).unwrap();
        assert_eq!(settings.endpoint().unwrap().to_string(), "db:5433/shop");
    }

    #[test]
    fn the_database_is_named_like_the_role_if_nothing_else_is_said() {
        let settings = parsed(&["-U", "ann", "--host", "db"]).unwrap();
        assert_eq!(settings.endpoint().unwrap().database(), "ann");
    }

    #[test]
    fn every_sslmode_of_libpq_is_known() {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] {
            assert!(parsed(&["--sslmode", mode]).is_ok(), "{mode}");
        }
        assert!(parsed(&["--sslmode", "verify"]).is_err());
    }

    #[test]
    fn a_service_link_of_kubernetes_is_named_as_such() {
        let error = parsed(&["-p", "tcp://10.0.0.1:5432"]).unwrap_err().to_string();
        assert!(error.contains("enableServiceLinks"), "{error}");
    }
}
