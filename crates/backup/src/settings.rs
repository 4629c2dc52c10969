//! The settings that every backup program has: where, how long, how packed.

use crate::age::{Opener, Recipients};
use crate::codec::Codec;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;
use storage::{S3Settings, Store};
use task::{Error, Result, Task, duration, switch};

/// All that says where a backup goes, and what becomes of it there.
#[derive(Clone, Debug, clap::Args)]
pub struct PlaceSettings {
    #[command(flatten)]
    pub store: StoreSettings,

    #[command(flatten)]
    pub codec: CodecSettings,

    #[command(flatten)]
    pub encrypt: EncryptSettings,

    #[command(flatten)]
    pub finish: FinishSettings,

    #[command(flatten)]
    pub keep: KeepSettings,
}

/// Where backups lie.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Store")]
pub struct StoreSettings {
    /// Where backups lie: a directory, or `s3://bucket/prefix`; several by commas or repeated, and
    /// backup writes to all of them, while the other verbs look at the first
    #[arg(long, env = "BACKUP_STORE", value_name = "PLACE", default_value = "/backup")]
    #[arg(value_delimiter = ',')]
    pub store: Vec<String>,

    /// How old must be what a killed run left, to be removed by the next: longer than a run
    #[arg(long, env = "LEFTOVER_AGE", value_name = "TIME", default_value = "24h")]
    #[arg(value_parser = duration::parse)]
    pub leftover_age: Duration,

    #[command(flatten)]
    pub s3: S3Settings,
}

impl StoreSettings {
    /// The one to read from.
    pub async fn open(&self, task: &Task) -> Result<Store> {
        let first = self.store.first().map_or("", String::as_str);
        Store::open(task, first, &self.s3).await
    }

    /// All that a backup goes to.
    pub async fn open_all(&self, task: &Task) -> Result<Vec<Store>> {
        let mut stores = Vec::new();
        for (place, url) in self.store.iter().enumerate() {
            if self.store[..place].contains(url) {
                return Err(Error::usage(format!("the store {url} is named twice")));
            }
            stores.push(Store::open(task, url, &self.s3).await?);
        }
        Ok(stores)
    }
}

/// How long backups are kept. What any of the rules keeps stays.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Retention")]
pub struct KeepSettings {
    /// Keep backups for this many days
    #[arg(long, env = "KEEP_DAYS", value_name = "N", default_value_t = 30)]
    pub keep_days: u32,

    /// Keep the newest ones, however old: at least 1
    #[arg(
        long,
        env = "KEEP_LAST",
        value_name = "N",
        default_value_t = 3,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub keep_last: u32,

    /// Keep the newest of each of the last days that have one
    #[arg(long, env = "KEEP_DAILY", value_name = "N", default_value_t = 0)]
    pub keep_daily: u32,

    /// Keep the newest of each of the last weeks that have one
    #[arg(long, env = "KEEP_WEEKLY", value_name = "N", default_value_t = 0)]
    pub keep_weekly: u32,

    /// Keep the newest of each of the last months that have one
    #[arg(long, env = "KEEP_MONTHLY", value_name = "N", default_value_t = 0)]
    pub keep_monthly: u32,

    /// Keep the newest of each of the last years that have one
    #[arg(long, env = "KEEP_YEARLY", value_name = "N", default_value_t = 0)]
    pub keep_yearly: u32,
}

impl KeepSettings {
    /// How many proven ones stay whatever their age: never none, however the settings came about.
    pub(crate) fn floor(&self) -> usize {
        self.keep_last.max(1) as usize
    }
}

/// How a backup is packed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Store")]
pub struct CodecSettings {
    /// How to compress: gzip:1 to gzip:9, zstd:1 to zstd:19, or none
    #[arg(long = "compress", env = "COMPRESS", value_name = "HOW", default_value_t)]
    pub codec: Codec,
}

/// What follows once a backup is written.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Backup")]
pub struct FinishSettings {
    /// Do not read the file back; the manifest says so, and retention does not count it
    #[arg(long, env = "NO_VERIFY", value_parser = switch())]
    pub no_verify: bool,

    /// Do not prune after the backup
    #[arg(long, env = "NO_PRUNE", value_parser = switch())]
    pub no_prune: bool,
}

/// To whom a backup is encrypted, and who opens it.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Encryption")]
pub struct EncryptSettings {
    /// Encrypt to this public key of age (age1…); repeatable
    #[arg(long, env = "ENCRYPT_TO", value_name = "KEY", value_delimiter = ',')]
    #[arg(hide_env_values = true)]
    pub encrypt_to: Vec<String>,

    /// Encrypt to the public keys in this file, one on each line
    #[arg(long, env = "RECIPIENTS_FILE", value_name = "FILE")]
    pub recipients_file: Option<PathBuf>,

    /// verify and restore: file with an identity of age, which opens what is encrypted; repeatable
    #[arg(long, env = "AGE_IDENTITY_FILE", value_name = "FILE", value_delimiter = ',')]
    pub identity: Vec<PathBuf>,
}

impl EncryptSettings {
    pub fn recipients(&self) -> Result<Recipients> {
        Recipients::read(&self.encrypt_to, self.recipients_file.as_deref())
    }

    pub fn opener(&self) -> Result<Option<Opener>> {
        Opener::read(&self.identity)
    }
}

/// How much is done at once: as told, or as there are cores.
pub fn jobs(told: Option<NonZeroUsize>) -> usize {
    told.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        store: StoreSettings,
        #[command(flatten)]
        keep: KeepSettings,
        #[command(flatten)]
        codec: CodecSettings,
    }

    #[test]
    fn the_defaults_are_safe() {
        let settings = Settings::try_parse_from(["test"]).unwrap();
        assert_eq!(settings.store.store, ["/backup"]);
        assert_eq!((settings.keep.keep_days, settings.keep.keep_last), (30, 3));
        assert_eq!(settings.codec.codec, Codec::Gzip(6));
    }

    #[test]
    fn the_floor_cannot_be_taken_away() {
        assert!(Settings::try_parse_from(["test", "--keep-last", "0"]).is_err());
        assert!(Settings::try_parse_from(["test", "--keep-last", "-1"]).is_err());
        let settings = Settings::try_parse_from(["test", "--keep-days=0"]).unwrap();
        assert_eq!(settings.keep.floor(), 3);
    }

    #[test]
    fn a_compression_that_is_none_of_ours_is_refused() {
        assert!(Settings::try_parse_from(["test", "--compress", "gzip:10"]).is_err());
        let settings = Settings::try_parse_from(["test", "--compress", "zstd:3"]).unwrap();
        assert_eq!(settings.codec.codec, Codec::Zstd(3));
    }
}
