//! The settings of `etl-sales`: each field is a flag and an environment variable.

use crate::config::Config;
use crate::range::{Days, Wanted};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use postgres::PgSettings;
use std::path::PathBuf;
use storage::S3Settings;
use task::{Result, TaskSettings, config};

/// Reports yesterday's sales, or those of the days given: a row in a table of PostgreSQL, a JSON file and a
/// page of HTML with charts. A day that is reported again is replaced.
#[derive(clap::Parser)]
#[command(version, about)]
pub(crate) struct Settings {
    #[command(flatten)]
    which: WhichSettings,

    /// Where the files go: a directory, or `s3://bucket/prefix`
    #[arg(long, env = "REPORTS", value_name = "PLACE", default_value = "/reports")]
    #[arg(help_heading = "Report")]
    pub reports: String,

    /// What amounts are in, such as EUR: for the page and the JSON file
    #[arg(long, env = "CURRENCY", default_value = "", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    pub currency: String,

    /// Whose sales they are, for the page [default: the database's name]
    #[arg(long, env = "SHOP", value_name = "NAME", help_heading = "Report")]
    pub shop: Option<String>,

    /// How many products, the best first, are told of one by one; the others as one sum
    #[arg(long, env = "PRODUCTS", value_name = "NUMBER", default_value = "10000")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Report")]
    pub products: u32,

    /// YAML file with the names of tables and columns: see the README
    #[arg(long, env = "CONFIG", value_name = "FILE", help_heading = "Report")]
    config: Option<PathBuf>,

    #[command(flatten)]
    pub postgres: PgSettings,

    #[command(flatten)]
    pub s3: S3Settings,

    #[command(flatten)]
    pub task: TaskSettings,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Which days")]
struct WhichSettings {
    /// The day: yesterday, today, or as in 2026-11-26 [default: yesterday]
    #[arg(long, env = "REPORT_DATE", value_name = "DAY")]
    date: Option<Wanted>,

    /// The first of several days, the last being `--to`; each gets its own report
    #[arg(long, env = "REPORT_FROM", value_name = "DAY")]
    from: Option<Wanted>,

    /// The last of several days [default: yesterday]
    #[arg(long, env = "REPORT_TO", value_name = "DAY")]
    to: Option<Wanted>,

    /// The zone whose days are meant, as in Europe/Berlin
    #[arg(long, env = "TZ", value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    tz: TimeZone,

    /// The zone in which a column without one (`timestamp`) tells the time
    #[arg(long, env = "TIMESTAMP_ZONE", value_name = "ZONE", default_value = "UTC")]
    #[arg(value_parser = zone)]
    timestamp_zone: TimeZone,
}

/// A value parser for clap: names of the tz database alone, for the report says which it was.
fn zone(text: &str) -> Result<TimeZone, String> {
    match text.trim_start_matches(':') {
        "" => Ok(TimeZone::UTC),
        name => TimeZone::get(name)
            .map_err(|_| "not a zone of the tz database: write it like Europe/Berlin".to_owned()),
    }
}

impl Settings {
    pub(crate) fn days(&self) -> Result<Days> {
        let which = &self.which;
        let today = Timestamp::now().to_zoned(which.tz.clone()).date();
        Days::new(which.date, which.from, which.to, &which.tz, today)
    }

    pub(crate) fn timestamp_zone(&self) -> &TimeZone {
        &self.which.timestamp_zone
    }

    pub(crate) fn config(&self) -> Result<Config> {
        match self.config.as_deref().filter(|file| !file.as_os_str().is_empty()) {
            Some(file) => config::read(file),
            None => Ok(Config::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name_in_the_tz_database() {
        let name = |text: &str| zone(text).map(|zone| zone.iana_name().map(str::to_owned));
        assert_eq!(name("Europe/Berlin").unwrap().unwrap(), "Europe/Berlin");
        assert_eq!(name(":America/New_York").unwrap().unwrap(), "America/New_York");
        assert_eq!(name("UTC").unwrap().unwrap(), "UTC");
        assert_eq!(zone("").unwrap(), TimeZone::UTC);
        for wrong in ["Europe/Berlinn", "CET-1CEST,M3.5.0,M10.5.0/3", "../../etc/passwd", "+02:00"]
        {
            assert!(zone(wrong).is_err(), "{wrong}");
        }
    }
}
