//! The settings of `cleanup-backups`: each field is a flag and an environment variable.

use crate::pattern::Pattern;
use crate::rules::{Config, Rules};
use backup::settings::KeepSettings;
use std::path::PathBuf;
use std::time::Duration;
use storage::S3Settings;
use task::{Error, Result, TaskSettings, config, duration};

/// Removes old backups of every kind and name from whole stores, by their manifests, and says whose
/// backups are missing or too old. What no manifest of ours names is not touched.
#[derive(clap::Parser)]
#[command(version, about)]
pub(crate) struct Settings {
    /// Where backups lie: a directory, or `s3://bucket/prefix`; several by commas or repeated
    #[arg(long, env = "BACKUP_STORE", value_name = "PLACE", default_value = "/backup")]
    #[arg(value_delimiter = ',', help_heading = "Store")]
    store: Vec<String>,

    #[command(flatten)]
    pub s3: S3Settings,

    #[command(flatten)]
    keep: KeepSettings,

    #[command(flatten)]
    watch: WatchSettings,

    #[command(flatten)]
    pub task: TaskSettings,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Which backups")]
struct WatchSettings {
    /// Only backups of this KIND/NAME, such as `postgres/shop` or `*/shop-*`; repeatable
    #[arg(long, env = "ONLY", value_name = "BACKUP", value_delimiter = ',')]
    only: Vec<Pattern>,

    /// Name those whose newest proven backup is older, as in 26h, exit with 4, and remove none of
    /// theirs; `off` to let any age pass
    #[arg(long, env = "MAX_AGE", value_name = "TIME", default_value = "off")]
    max_age: MaxAge,

    /// There have to be backups of this KIND/NAME: if not, name it and exit with 4; repeatable
    #[arg(long, env = "EXPECT", value_name = "BACKUP", value_delimiter = ',')]
    expect: Vec<Pattern>,

    /// YAML file with rules for some kinds and names: see the README
    #[arg(long, env = "CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How old the newest backup may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct MaxAge(pub Option<Duration>);

impl std::str::FromStr for MaxAge {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "off" => Ok(Self(None)),
            text => match duration::parse(text) {
                Ok(age) if age.is_zero() => Err("no backup is so young: write off".to_owned()),
                age => age.map(|age| Self(Some(age))),
            },
        }
    }
}

impl TryFrom<String> for MaxAge {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Settings {
    pub(crate) fn stores(&self) -> Result<&[String]> {
        let twice = |(place, url): (usize, &String)| self.store[..place].contains(url);
        match self.store.iter().enumerate().find(|one| twice(*one)) {
            Some((_, url)) => Err(Error::usage(format!("the store {url} is named twice"))),
            None => Ok(&self.store),
        }
    }

    pub(crate) fn rules(&self) -> Result<Rules> {
        let config: Config = match &self.watch.config {
            Some(file) => config::read(file)?,
            None => Config::default(),
        };
        let watch = &self.watch;
        Ok(Rules::new(config, &self.keep, watch.max_age, watch.only.clone(), &watch.expect))
    }
}
