//! One file into S3: at once if it is small, in parts if not.

use crate::budget::Budget;
use crate::source::{self, State};
use bytes::Bytes;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use storage::{Objects, Part};
use task::{Error, Progress, Result, blocking, joined};
use tokio::task::JoinSet;

/// What aws takes, too: then an ETag is the same whoever puts the file.
pub(crate) const PART: u64 = 8 << 20;
const MOST: u64 = 10_000;
const MIB: u64 = 1 << 20;

/// Returns the size.
pub(crate) async fn upload(
    path: &Path,
    to: &Objects,
    name: &str,
    budget: &Budget,
    progress: &Progress,
) -> Result<u64> {
    let media = mime_guess::from_path(name).first_raw();
    let (file, state) = {
        let path = path.to_owned();
        blocking(move || {
            let file = source::open(&path)?;
            let state = State::of(&path, &file)?;
            Ok((Arc::new(file), state))
        })
        .await?
    };
    if state.size > part_size(to, 0) {
        in_parts(path, &file, state, (to, name, media), budget, progress).await?;
    } else {
        let _room = budget.room(state.size).await?;
        let bytes = {
            let path = path.to_owned();
            blocking(move || {
                let bytes = source::read_at(&path, &file, 0, length(state.size)?)?;
                state.check(&path, &file)?;
                Ok(Bytes::from(bytes))
            })
            .await?
        };
        to.put(name, bytes, media).await?;
        progress.add(state.size);
    }
    Ok(state.size)
}

/// Parts as large as they must be for a file of this size.
fn part_size(to: &Objects, size: u64) -> u64 {
    let needed = size.div_ceil(MOST).div_ceil(MIB) * MIB;
    to.part_size().unwrap_or(PART).max(needed)
}

async fn in_parts(
    path: &Path,
    file: &Arc<File>,
    state: State,
    (to, name, media): (&Objects, &str, Option<&str>),
    budget: &Budget,
    progress: &Progress,
) -> Result<()> {
    let size = part_size(to, state.size);
    let upload = to.begin(name, media).await?;
    let mut travelling: JoinSet<Result<Part>> = JoinSet::new();
    let mut done = Vec::new();
    let (mut at, mut number) = (0, 1);
    while at < state.size {
        let length = size.min(state.size - at);
        let room = budget.room(length).await?;
        while let Some(arrived) = travelling.try_join_next() {
            done.push(joined(arrived)??);
        }
        let (path, file, sending) = (path.to_owned(), Arc::clone(file), upload.sending());
        let progress = progress.clone();
        travelling.spawn(async move {
            let length = self::length(length)?;
            let read = move || source::read_at(&path, &file, at, length);
            let bytes = Bytes::from(blocking(read).await?);
            let part = sending.part(number, &bytes).await?;
            progress.add(bytes.len() as u64);
            drop((bytes, room));
            Ok(part)
        });
        (at, number) = (at + length, number + 1);
    }
    while let Some(arrived) = travelling.join_next().await {
        done.push(joined(arrived)??);
    }
    let (path, file) = (path.to_owned(), Arc::clone(file));
    blocking(move || state.check(&path, &file)).await?;
    upload.complete(done, state.size).await
}

fn length(bytes: u64) -> Result<usize> {
    usize::try_from(bytes).map_err(|_| Error::usage("a part does not fit into memory"))
}
