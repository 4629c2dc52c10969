//! A file or an object, as a list tells of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use storage::Object;

#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    /// Below the place, with slashes.
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) time: Micros,
    pub(crate) etag: Option<String>,
    /// It lies in S3 and must be thawed before it can be read.
    pub(crate) frozen: bool,
}

/// A time in microseconds since 1970: what aws compares by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Micros(i64);

impl Micros {
    /// Rounded as Python rounds.
    pub(crate) fn of_file(seconds: i64, nanos: u64) -> Self {
        let (whole, rest) = (nanos / 1000, nanos % 1000);
        let up = rest > 500 || rest == 500 && whole % 2 == 1;
        let micros = i64::try_from(whole + u64::from(up)).unwrap_or_default();
        Self(seconds.saturating_mul(1_000_000).saturating_add(micros))
    }

    pub(crate) fn time(self) -> SystemTime {
        let since = Duration::from_micros(self.0.unsigned_abs());
        let time =
            if self.0 < 0 { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) };
        time.unwrap_or(UNIX_EPOCH)
    }
}

impl From<SystemTime> for Micros {
    fn from(time: SystemTime) -> Self {
        let micros = |since: Duration| i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        })
    }
}

impl From<Object> for Item {
    fn from(object: Object) -> Self {
        Self {
            name: object.name,
            size: object.size,
            time: object.modified.into(),
            etag: object.etag,
            frozen: object.frozen,
        }
    }
}

impl From<Item> for Object {
    fn from(item: Item) -> Self {
        Self {
            name: item.name,
            size: item.size,
            modified: item.time.time(),
            etag: item.etag,
            frozen: item.frozen,
        }
    }
}
