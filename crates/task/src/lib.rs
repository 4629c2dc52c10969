//! The contract every program keeps: settings, logs, exit codes, stopping, metrics, notices.
//!
//! Knows nothing of databases or backups. One file a concern. What only a later program needs has
//! its place: further kinds of notices are variants of `notify::Channel`.

mod args;
pub mod config;
mod context;
pub mod duration;
mod error;
pub mod http;
mod joined;
mod list;
mod log;
mod metrics;
mod most;
mod notify;
mod outcome;
mod ping;
mod progress;
mod report;
mod retry;
mod run;
mod secret;
pub mod server;
mod several;
mod shard;
pub mod show;
mod signals;
mod termination;
pub mod tls;

pub use args::{LogFormat, LogLevel, NotifyOn, Output, TaskSettings, parse, switch};
pub use context::Task;
pub use error::{Context, Error, Exit, Result, While};
pub use joined::{blocking, joined};
pub use most::Most;
pub use progress::Progress;
pub use report::Report;
pub use retry::{Tries, retry};
pub use run::run;
pub use secret::{Secret, secret};
pub use several::Several;
pub use shard::{Shard, ShardSettings};
