//! The contract every program keeps: settings, logs, exit codes, stopping, metrics, notices.
//!
//! Knows nothing of databases or backups. One file a concern.

mod error;

pub use error::{Context, Error, Exit, Result, While};
