//! What lies in a place, one after the other, in the binary order of names: of a directory or of
//! S3. Both sides of a sync are one of these, and neither is ever held whole.

use crate::filter::Filter;
use crate::walk::{self, Manner, Met};
use std::collections::VecDeque;
use std::path::PathBuf;
use storage::{Objects, Page};
use task::{Error, Result, joined};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

pub(crate) struct Listing {
    from: From,
    /// Met, and not yet asked for.
    ready: VecDeque<Met>,
}

enum From {
    Nothing,
    Walk(Receiver<Vec<Met>>),
    S3(Pages),
}

struct Pages {
    objects: Objects,
    filter: Filter,
    /// The next page, which is fetched while this one is looked at.
    next: Option<JoinHandle<Result<Page>>>,
    last: String,
}

impl Listing {
    pub(crate) fn nothing() -> Self {
        Self { from: From::Nothing, ready: VecDeque::new() }
    }

    pub(crate) fn walk(root: PathBuf, manner: Manner, filter: Filter) -> Result<Self> {
        let walk = walk::start(root, manner, filter)?;
        Ok(Self { from: From::Walk(walk), ready: VecDeque::new() })
    }

    pub(crate) fn s3(objects: &Objects, filter: Filter) -> Self {
        let next = Some(fetch(objects, None));
        let pages = Pages { objects: objects.clone(), filter, next, last: String::new() };
        Self { from: From::S3(pages), ready: VecDeque::new() }
    }

    /// The next file, or a problem in its place; an error where the list cannot go on.
    pub(crate) async fn next(&mut self) -> Result<Option<Met>> {
        loop {
            if let Some(met) = self.ready.pop_front() {
                return Ok(Some(met));
            }
            let more = match &mut self.from {
                From::Nothing => None,
                From::Walk(walk) => walk.recv().await,
                From::S3(pages) => pages.more().await?,
            };
            let Some(more) = more else { return Ok(None) };
            self.ready = more.into();
        }
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        if let From::S3(Pages { next: Some(next), .. }) = &self.from {
            next.abort();
        }
    }
}

fn fetch(objects: &Objects, from: Option<String>) -> JoinHandle<Result<Page>> {
    let objects = objects.clone();
    tokio::spawn(async move { objects.page(false, from).await })
}

impl Pages {
    async fn more(&mut self) -> Result<Option<Vec<Met>>> {
        let Some(next) = self.next.take() else { return Ok(None) };
        let page = joined(next.await)??;
        if page.next.is_some() {
            self.next = Some(fetch(&self.objects, page.next));
        }
        let mut found = Vec::with_capacity(page.objects.len());
        for object in page.objects {
            if object.name <= self.last && !(self.last.is_empty() && object.name.is_empty()) {
                return Err(Error::usage(format!(
                    "cannot compare with {}: the server does not list keys in their binary order \
                     ({:?} after {:?})",
                    self.objects.location(""),
                    object.name,
                    self.last
                )));
            }
            // An object that only makes a folder seen, or the prefix itself.
            let folder = object.size == 0 && (object.name.ends_with('/') || object.name.is_empty());
            if !folder && self.filter.takes(&object.name) {
                self.last.clone_from(&object.name);
                found.push(Met::File(object.into()));
            } else {
                self.last = object.name;
            }
        }
        Ok(Some(found))
    }
}
