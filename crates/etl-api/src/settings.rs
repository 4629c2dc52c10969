//! The settings of `etl-api`: each field is a flag and an environment variable.

use crate::config::{Config, Order};
use postgres::{Endpoint, PgSettings};
use reqwest::Url;
use std::path::PathBuf;
use std::time::Duration;
use storage::S3Settings;
use task::server::or_file;
use task::{Error, Most, Result, Secret, TaskSettings, config, duration, http, secret, switch};

/// Reads the records of an HTTP API and writes what is new or changed into a table of PostgreSQL. A file says
/// which field goes into which column.
#[derive(clap::Parser)]
#[command(version, about)]
#[command(
    after_help = "The database may also be named by DATABASE_URL or DATABASE_URL_FILE, as in \
    postgres://user:password@host/shop"
)]
pub(crate) struct Settings {
    #[command(flatten)]
    pub api: ApiSettings,

    /// YAML file that says what the API is like and where its fields go: see the README
    #[arg(long, env = "CONFIG", value_name = "FILE", help_heading = "Records")]
    config: Option<PathBuf>,

    /// Where records go that cannot be written: a directory, or `s3://bucket/prefix`; without it, the first one
    /// ends the run
    #[arg(long, env = "REJECTS", value_name = "PLACE", help_heading = "Records")]
    rejects: Option<String>,

    /// If there are more of them, nothing is written
    #[arg(long, env = "MAX_REJECTS", value_name = "NUMBER", default_value = "100")]
    #[arg(help_heading = "Records")]
    pub max_rejects: u64,

    /// With `remove-missing`: write nothing if more rows would be deleted, or a larger share of the table
    #[arg(long, env = "MAX_DELETE", value_name = "N|P%", default_value = "50%")]
    #[arg(value_parser = Most::parse, help_heading = "Records")]
    pub max_delete: Most,

    /// With `incremental`: ask for all records once more
    #[arg(long, env = "FULL", value_parser = switch(), help_heading = "Records")]
    pub full: bool,

    #[command(flatten)]
    postgres: PgSettings,

    #[command(flatten)]
    pub s3: S3Settings,

    #[command(flatten)]
    pub task: TaskSettings,
}

#[derive(clap::Args)]
#[command(
    next_help_heading = "API (secrets: API_KEY or API_KEY_FILE, API_PASSWORD or API_PASSWORD_FILE)"
)]
pub(crate) struct ApiSettings {
    /// Where the first page is [also: `API_URL_FILE`]
    #[arg(long, env = "API_URL", hide_env_values = true)]
    url: Option<String>,

    /// Who asks, where that takes a password [also: `API_USER_FILE`]
    #[arg(long, env = "API_USER", value_name = "NAME")]
    api_user: Option<String>,

    /// How long one request may take, with its answer
    #[arg(long, env = "API_TIMEOUT", default_value = "30s", value_parser = duration::parse)]
    pub timeout: Duration,

    /// The largest page, in MiB; two of them are held at once
    #[arg(long, env = "MAX_PAGE", value_name = "MIB", default_value = "12")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1024))]
    max_page: u64,
}

impl ApiSettings {
    pub(crate) fn max_page(&self) -> u64 {
        self.max_page << 20
    }

    pub(crate) fn user(&self) -> Result<Option<String>> {
        or_file("API_USER", self.api_user.as_deref())
    }
}

impl Settings {
    pub(crate) fn url(&self) -> Result<Url> {
        let given = or_file("API_URL", self.api.url.as_deref())?;
        let given = given.ok_or_else(|| Error::usage("no API to read: set API_URL"))?;
        let mut url = http::url("API_URL", &Secret::from(given))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::usage(
                "API_URL holds a user or a password: give them as API_USER and API_PASSWORD",
            ));
        }
        url.set_fragment(None);
        Ok(url)
    }

    pub(crate) fn config(&self) -> Result<Config> {
        let file = self.config.as_deref().filter(|file| !file.as_os_str().is_empty());
        let file = file.ok_or_else(|| {
            Error::usage("no file says what goes where: name it with --config, or set CONFIG")
        })?;
        let config: Config = config::read(file)?;
        if let Some(incremental) = &config.incremental
            && incremental.r#type == Order::Number
            && !incremental.overlap.is_zero()
        {
            return Err(Error::usage("--config: only a time has an incremental.overlap"));
        }
        Ok(config)
    }

    pub(crate) fn rejects(&self) -> Option<&str> {
        self.rejects.as_deref().filter(|place| !place.is_empty())
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint> {
        let Some(url) = secret("DATABASE_URL")? else { return self.postgres.endpoint() };
        if self.postgres.host.as_ref().is_some_and(|host| !host.is_empty()) {
            return Err(Error::usage("both DATABASE_URL and PGHOST are set: keep one"));
        }
        Endpoint::from_url(url.expose())
    }
}
