//! One object into a directory: under its name once it is whole, and what its ETag says.

use crate::budget::Budget;
use crate::compare::part_sizes;
use crate::digest::Tag;
use crate::item::Item;
use crate::tree::{Partial, Tree};
use crate::upload::PART;
use std::sync::Arc;
use storage::{Explain, Objects};
use task::{Error, Progress, Result, blocking, joined};
use tokio::task::JoinSet;

/// Written at once.
const PIECE: usize = 1 << 20;

pub(crate) struct Download<'a> {
    pub(crate) from: &'a Objects,
    pub(crate) tree: &'a Tree,
    /// Whether to compare with the ETag.
    pub(crate) verify: bool,
    pub(crate) budget: &'a Budget,
    pub(crate) progress: &'a Progress,
}

impl Download<'_> {
    pub(crate) async fn run(&self, item: &Item) -> Result<u64> {
        if item.size > PART {
            self.large(item).await?;
        } else {
            self.small(item).await?;
        }
        Ok(item.size)
    }

    fn tag(&self, item: &Item) -> Option<Tag> {
        item.etag.as_deref().filter(|_| self.verify).and_then(Tag::parse)
    }

    async fn small(&self, item: &Item) -> Result<()> {
        let _room = self.budget.room(item.size).await?;
        let mut reading = self.from.read(&item.name, item.etag.as_deref(), item.size, 0, item.size);
        let mut bytes = Vec::with_capacity(usize::try_from(item.size).unwrap_or_default());
        while let Some(piece) = reading.next().await? {
            self.progress.add(piece.len() as u64);
            bytes.extend_from_slice(&piece);
        }
        let tag = self.tag(item).filter(|_| !reading.keyed());
        if let Some(tag) = tag.filter(|tag| !tag.is_parted())
            && !tag.is_of(&bytes)
        {
            return Err(self.damaged(item));
        }
        let (tree, name, time) = (self.tree.clone(), item.name.clone(), item.time);
        blocking(move || {
            let partial = tree.create(&name)?;
            partial.write(&bytes, 0)?;
            partial.commit(time)
        })
        .await
    }

    async fn large(&self, item: &Item) -> Result<()> {
        let (tree, name) = (self.tree.clone(), item.name.clone());
        let partial = Arc::new(blocking(move || tree.create(&name)).await?);
        let mut ranges: JoinSet<Result<bool>> = JoinSet::new();
        let (mut at, mut keyed) = (0, false);
        while at < item.size {
            let end = item.size.min(at + PART);
            // What is on its way, and what is not yet written.
            let room = self.budget.room(2 * PIECE as u64).await?;
            while let Some(arrived) = ranges.try_join_next() {
                keyed |= joined(arrived)??;
            }
            let (partial, progress) = (Arc::clone(&partial), self.progress.clone());
            let mut reading = self.from.read(&item.name, item.etag.as_deref(), item.size, at, end);
            ranges.spawn(async move {
                let (mut offset, mut bytes) = (at, Vec::with_capacity(PIECE));
                loop {
                    let piece = reading.next().await?;
                    let ended = piece.is_none();
                    if let Some(piece) = piece {
                        progress.add(piece.len() as u64);
                        bytes.extend_from_slice(&piece);
                    }
                    if bytes.len() >= PIECE || ended && !bytes.is_empty() {
                        let length = bytes.len() as u64;
                        bytes = write(&partial, bytes, offset).await?;
                        offset += length;
                    }
                    if ended {
                        drop(room);
                        return Ok(reading.keyed());
                    }
                }
            });
            at = end;
        }
        while let Some(arrived) = ranges.join_next().await {
            keyed |= joined(arrived)??;
        }
        if let Some(tag) = self.tag(item).filter(|_| !keyed)
            && !self.holds(&partial, tag, item).await?
        {
            return Err(self.damaged(item));
        }
        let partial = Arc::into_inner(partial);
        let partial = partial.ok_or_else(|| Error::failed("a range is still under way"))?;
        let time = item.time;
        blocking(move || partial.commit(time)).await
    }

    /// Whether what was written is what the ETag says; also where it does not say.
    async fn holds(&self, partial: &Arc<Partial>, tag: Tag, item: &Item) -> Result<bool> {
        let (parts, sure) = if tag.is_parted() {
            let cut = part_sizes(tag, self.from, item).await?;
            (cut.sizes.into_iter().map(Some).collect(), cut.told)
        } else {
            (vec![None], true)
        };
        let partial = Arc::clone(partial);
        blocking(move || {
            let what = || format!("cannot read {} back", partial.location());
            for part in parts {
                if tag.is_of_file(&partial.file, part).explain(what)? {
                    return Ok(true);
                }
            }
            if !sure {
                tracing::debug!("the ETag of {} does not tell its content", partial.location());
            }
            Ok(!sure)
        })
        .await
    }

    fn damaged(&self, item: &Item) -> Error {
        Error::integrity(format!(
            "what came of {} is not what its ETag says, and was not kept: try again; if the \
             server's ETags are no MD5s, --no-verify leaves the comparison out",
            self.from.location(&item.name)
        ))
    }
}

async fn write(partial: &Arc<Partial>, mut bytes: Vec<u8>, at: u64) -> Result<Vec<u8>> {
    let partial = Arc::clone(partial);
    blocking(move || {
        partial.write(&bytes, at)?;
        bytes.clear();
        Ok(bytes)
    })
    .await
}
