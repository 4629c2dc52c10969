//! The settings that every program has, each a flag and an environment variable.
//!
//! All are global, so that they may stand before or after a verb.

use crate::secret::{self, Secret};
use crate::{duration, termination};
use clap::builder::{BoolishValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Parser, ValueEnum};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

// A plain comment: clap would take a doc comment for the text about the program.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Every task")]
pub struct TaskSettings {
    /// Read and plan as always, but change nothing; also no metrics, no notices
    #[arg(long, env = "DRY_RUN", global = true, value_parser = switch())]
    pub dry_run: bool,

    /// How long to try again while a server is away, as in 90s or 5m; 0 is one try
    #[arg(long, env = "WAIT", global = true, default_value = "60s", value_parser = duration::parse)]
    pub wait: Duration,

    /// What goes to stdout
    #[arg(long, env = "OUTPUT", global = true, value_enum, default_value_t)]
    pub output: Output,

    /// What goes to stderr
    #[arg(long, env = "LOG_FORMAT", global = true, value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// How much goes to stderr
    #[arg(long, env = "LOG_LEVEL", global = true, value_enum, default_value_t)]
    pub log_level: LogLevel,

    /// Prometheus Pushgateway that gets the metrics [also: `PUSHGATEWAY_URL_FILE`]
    #[arg(long, env = "PUSHGATEWAY_URL", global = true, hide_env_values = true)]
    #[arg(value_name = "URL", value_parser = secret::parse)]
    pub pushgateway_url: Option<Secret>,

    /// File that gets the metrics, for the textfile collector of the node exporter
    #[arg(long, env = "METRICS_FILE", global = true, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,

    /// The label `job` of the metrics [default: the program's name]
    #[arg(long, env = "METRICS_JOB", global = true, value_name = "NAME")]
    pub metrics_job: Option<String>,

    /// Who is told of the end: Slack, ntfy or any webhook (JSON); `slack+https://…` and
    /// `ntfy+https://…` where the host does not tell; several by commas or repeated
    /// [also: `NOTIFY_URL_FILE`]
    #[arg(long, env = "NOTIFY_URL", global = true, hide_env_values = true)]
    #[arg(value_name = "URL", value_delimiter = ',', value_parser = secret::parse)]
    pub notify_url: Vec<Secret>,

    /// When they are told
    #[arg(long, env = "NOTIFY_ON", global = true, value_enum, default_value_t)]
    pub notify_on: NotifyOn,

    /// Dead man's switch: called at success, with /start at the start, /fail at a failure
    /// [also: `PING_URL_FILE`]
    #[arg(long, env = "PING_URL", global = true, hide_env_values = true)]
    #[arg(value_name = "URL", value_parser = secret::parse)]
    pub ping_url: Option<Secret>,

    /// File that gets the last error when it exists: the pod's `terminationMessagePath`
    #[arg(long, env = termination::VARIABLE, global = true, value_name = "FILE")]
    #[arg(default_value = termination::DEFAULT)]
    pub termination_log: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    #[default]
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum NotifyOn {
    #[default]
    Failure,
    Always,
}

/// The settings from arguments and environment. Wrong ones end the process with exit code 2, and
/// Kubernetes gets to know why.
pub fn parse<S: Parser>() -> S {
    S::try_parse().unwrap_or_else(|error| {
        if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            let text = error.to_string();
            let said = text.split("\n\n").next().unwrap_or_default();
            termination::write(&termination::path(), said.trim_start_matches("error: "));
        }
        error.exit()
    })
}

/// A value parser for flags without a value: their environment variable says true or false in any
/// of the usual ways, and an empty one is as good as none.
pub fn switch() -> impl TypedValueParser<Value = bool> {
    Switch
}

#[derive(Clone)]
struct Switch;

impl TypedValueParser for Switch {
    type Value = bool;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<bool, clap::Error> {
        if value.is_empty() {
            return Ok(false);
        }
        BoolishValueParser::new().parse_ref(command, arg, value)
    }
}
