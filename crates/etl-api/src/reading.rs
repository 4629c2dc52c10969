//! All pages, one after another: while the rows of one are staged, the next one is on its way.

use crate::api::{Answer, Api};
use crate::config::Source;
use crate::cursor::Cursor;
use crate::json;
use crate::mapping::Mapping;
use crate::paging::Pager;
use crate::rejects::Rejects;
use crate::staged::Staged;
use serde_json::value::RawValue;
use task::{Error, Progress, Result};

/// So many records are mapped before others have their turn.
const TURN: usize = 500;

pub(crate) struct Reading<'a> {
    pub source: &'a Source,
    pub mapping: Mapping<'a>,
    pub staged: Staged<'a>,
    pub rejects: &'a mut Rejects,
    pub cursor: Option<&'a mut Cursor>,
    pub progress: Progress,
}

/// How much there was.
#[derive(Debug, Default)]
pub(crate) struct Amount {
    pub pages: u64,
    pub records: u64,
    pub bytes: u64,
    pub staged: u64,
}

impl Reading<'_> {
    pub(crate) async fn all(mut self, api: &Api<'_>, mut pager: Pager<'_>) -> Result<Amount> {
        let mut amount = Amount { pages: 1, ..Amount::default() };
        let mut answer = api.page(pager.first(), 1).await?;
        loop {
            let number = amount.pages;
            let records = records(&answer, self.source)?;
            amount.records += records.len() as u64;
            amount.bytes += answer.bytes;
            self.progress.add(answer.bytes);
            let next = pager.next(&answer, &records)?;
            let ahead = async {
                match next {
                    Some(url) => api.page(url, number + 1).await.map(Some),
                    None => Ok(None),
                }
            };
            let (next, ()) = tokio::try_join!(ahead, self.take(number, &records))?;
            match next {
                Some(next) => answer = next,
                None => break,
            }
            amount.pages += 1;
        }
        amount.staged = self.staged.finish().await?;
        Ok(amount)
    }

    async fn take(&mut self, page: u64, records: &[&RawValue]) -> Result<()> {
        for (place, record) in records.iter().enumerate() {
            if let Some(cursor) = &mut self.cursor {
                cursor.see(record);
            }
            match self.staged.add(|out| self.mapping.row(record, out)) {
                Ok(()) => self.staged.flush().await?,
                Err(reason) => self.rejects.add(page, place + 1, &reason, record).await?,
            }
            if place % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

/// An answer without a body, or with null where the list should be, has no records.
fn records<'a>(answer: &'a Answer, source: &Source) -> Result<Vec<&'a RawValue>> {
    let path = &source.records;
    let wrong = |what: &str| {
        Error::usage(format!(
            "the answer {what}: say in source.records where its list of records is"
        ))
    };
    let found = json::find(&answer.whole, &path.0)
        .map_err(|error| wrong(&format!("is other than expected ({error})")))?;
    match found {
        None if answer.whole.get() == "null" => Ok(Vec::new()),
        None => Err(wrong(&format!("has no {path}"))),
        Some(list) => match json::kind(list) {
            "null" => Ok(Vec::new()),
            "a list" => json::items(list).map_err(|error| wrong(&error)),
            kind if path.0.is_empty() => Err(wrong(&format!("is {kind} and no list"))),
            kind => Err(wrong(&format!("has {kind} at {path} and no list"))),
        },
    }
}
