//! Records that cannot be written: kept in a file of JSON lines, each with its reason, up to a limit.
//!
//! The file appears whole or not at all, before anything is committed: a record is in the table or in a file.

use crate::settings::Settings;
use bytes::Bytes;
use jiff::Timestamp;
use postgres::Name;
use serde_json::json;
use serde_json::value::RawValue;
use std::time::Duration;
use storage::{Store, Upload};
use task::{Error, Exit, Result, Task};

/// Leftovers of killed runs are removed once they are older.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);
/// So many reasons go to the log.
const TOLD: u64 = 10;
const ENOUGH: usize = 64 * 1024;

pub(crate) struct Rejects {
    store: Option<Store>,
    dry_run: bool,
    most: u64,
    name: String,
    upload: Option<Upload>,
    buffer: Vec<u8>,
    pub count: u64,
}

impl Rejects {
    pub(crate) async fn open(task: &Task, settings: &Settings) -> Result<Self> {
        let store = match settings.rejects() {
            Some(place) => Some(Store::open(task, place, &settings.s3).await?),
            None => None,
        };
        if let (Some(store), false) = (&store, task.dry_run()) {
            task.until_stopped(store.writable()).await?;
            let ours = |name: &str| name.starts_with("rejects-");
            task.until_stopped(store.sweep(ours, LEFTOVER_AGE)).await?;
        }
        Ok(Self {
            store,
            dry_run: task.dry_run(),
            most: settings.max_rejects,
            name: String::new(),
            upload: None,
            buffer: Vec::new(),
            count: 0,
        })
    }

    /// Names the file after the table.
    pub(crate) fn of(&mut self, table: &Name) {
        let plain = |letter: char| {
            if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '_' }
        };
        let table: String = table.table.chars().map(plain).take(60).collect();
        let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ").to_string();
        self.name = format!("rejects-{table}-{now}.jsonl");
    }

    /// One more; an error if it is one too many.
    pub(crate) async fn add(
        &mut self,
        page: u64,
        number: usize,
        reason: &str,
        record: &RawValue,
    ) -> Result<()> {
        self.count += 1;
        let said = format!("record {number} of page {page} is rejected: {reason}");
        let Some(store) = &self.store else {
            return Err(Error::new(
                Exit::Partial,
                format!(
                    "{said}; nothing was written: with --rejects PLACE such records are kept there, and \
                     the others written"
                ),
            ));
        };
        if self.count <= TOLD {
            tracing::warn!("{said}");
        }
        if !self.dry_run {
            if self.upload.is_none() {
                self.upload = Some(store.create(&self.name).await?);
            }
            self.buffer.extend_from_slice(line(page, number, reason, record).as_bytes());
            if self.buffer.len() >= ENOUGH {
                self.send().await?;
            }
        }
        if self.count > self.most {
            let place = match self.finish().await? {
                Some(place) => format!(": they are in {place}"),
                None => String::new(),
            };
            return Err(Error::new(
                Exit::Partial,
                format!(
                    "{} records are rejected, more than --max-rejects {}, and nothing was written{place}; \
                     the last one was {said}",
                    self.count, self.most
                ),
            ));
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<()> {
        if let Some(upload) = &mut self.upload {
            upload.write(Bytes::from(std::mem::take(&mut self.buffer))).await?;
        }
        Ok(())
    }

    /// Gives the file its name, if there is one, and says where it lies.
    pub(crate) async fn finish(&mut self) -> Result<Option<String>> {
        if self.count > TOLD {
            tracing::warn!("and {} more are rejected", self.count - TOLD);
        }
        self.send().await?;
        let Some(upload) = self.upload.take() else { return Ok(None) };
        let sealed = upload.seal().await?;
        let place = sealed.location();
        sealed.commit().await?;
        Ok(Some(place))
    }
}

/// The record as it came, in one line: line ends in JSON are never part of a value.
fn line(page: u64, number: usize, reason: &str, record: &RawValue) -> String {
    let record = record.get().replace(['\n', '\r'], " ");
    let reason = json!(reason);
    format!("{{\"reason\":{reason},\"page\":{page},\"number\":{number},\"record\":{record}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_as_it_came() {
        let record: &RawValue =
            serde_json::from_str("{\"a\":\r\n 1.50,\n\"b\": \"x\\ny\"}").unwrap();
        assert_eq!(
            line(2, 3, "a \"is\" missing", record),
            "{\"reason\":\"a \\\"is\\\" missing\",\"page\":2,\"number\":3,\
             \"record\":{\"a\":   1.50, \"b\": \"x\\ny\"}}\n"
        );
    }
}
