//! The object that says of another: not finished. It holds the number of the run that writes.

use super::Bucket;
use super::failure::{Failure, Kind};
use super::object::How;
use bytes::Bytes;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use task::{Error, Result};
use tokio::time::Instant;

const SUFFIX: &str = ".partial";
/// A sweep goes by the marker's age: one of a run that goes on for days must not grow old.
const RENEWED: Duration = Duration::from_mins(10);

#[derive(Debug)]
pub(super) struct Marker {
    pub(super) bucket: Bucket,
    /// The final name.
    pub(super) name: String,
    pub(super) run: String,
    put: Mutex<Instant>,
}

pub(super) fn of(name: &str) -> String {
    format!(".{name}{SUFFIX}")
}

/// The final name that a marker stands for.
pub(super) fn final_name(marker: &str) -> Option<&str> {
    marker.strip_prefix('.')?.strip_suffix(SUFFIX).filter(|name| !name.is_empty())
}

impl Marker {
    /// Claims a name for this run.
    pub(super) async fn put(bucket: &Bucket, name: &str) -> Result<Self> {
        let (marker, run) = (of(name), number());
        let how = How { run: Some(&run), new: true, ..How::default() };
        let written = bucket.put_how(&marker, Bytes::from(run.clone()), how).await;
        match written {
            Ok(()) => {}
            Err(failure) if failure.kind == Kind::Exists => {
                // An answer that was lost: then it is ours already.
                if bucket.get(&marker).await? != run {
                    return Err(Error::failed(format!(
                        "cannot write {}: {marker} is there, of a run that still writes it or was \
                         killed: try again, and delete it if no run is left",
                        bucket.location(name)
                    )));
                }
            }
            Err(failure) => return Err(failure.error),
        }
        Ok(Self {
            bucket: bucket.clone(),
            name: name.to_owned(),
            run,
            put: Mutex::new(Instant::now()),
        })
    }

    /// Says that the run is alive.
    pub(super) async fn renew(&self) -> Result<()> {
        {
            let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
            if put.elapsed() < RENEWED {
                return Ok(());
            }
            *put = Instant::now();
        }
        let how = How { run: Some(&self.run), ..How::default() };
        let run = Bytes::from(self.run.clone());
        self.bucket.put_how(&of(&self.name), run, how).await.map_err(Failure::error)
    }
}

/// No two runs have the same.
fn number() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}-{:032x}", since.as_nanos(), std::process::id(), fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_stands_for_one_name() {
        assert_eq!(final_name(&of("a.sql.gz")), Some("a.sql.gz"));
        for other in ["a.sql.gz", ".partial", "a.partial", ".a", ""] {
            assert_eq!(final_name(other), None, "{other}");
        }
        assert_ne!(number(), number());
    }
}
