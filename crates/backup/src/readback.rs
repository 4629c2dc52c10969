//! Reads an artifact from where it lies and compares all of it with what was written.
//!
//! One pass in file order: the hash is computed over the bytes as they come, while members are
//! decompressed and their rows counted on `jobs` threads. Memory is bounded by members, not by
//! chunks or tables. Any difference is an error of integrity that names where it is.

mod sums;
mod walk;
mod worker;

use crate::age::{Opener, Unsealing};
use crate::manifest::{Artifact, Chunk, Content, Manifest, Tally, tiled};
use crate::writer::hex;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::Arc;
use storage::{Sealed, Store};
use sums::{Found, Sums};
use task::{Error, Exit, Result, While, blocking, joined};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use walk::Walk;
use worker::Workers;

/// Read at once.
const BLOCK: usize = 1 << 20;

/// Where an artifact is read from.
pub trait Source: Sync {
    fn location(&self) -> String;
    /// Up to `length` bytes from `offset`; fewer only where the file ends.
    fn read(&self, offset: u64, length: usize) -> impl Future<Output = Result<Bytes>> + Send;
}

impl Source for Sealed {
    fn location(&self) -> String {
        Sealed::location(self)
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        Sealed::read(self, offset, length).await
    }
}

/// A file that has its name.
impl Source for (&Store, &str) {
    fn location(&self) -> String {
        self.0.location(self.1)
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        self.0.read(self.1, offset, length).await
    }
}

/// What the file should be.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    pub artifact: &'a Artifact,
    pub contents: &'a [Content],
    pub chunks: &'a [Chunk],
    /// What opens the file, where it is encrypted.
    pub opener: Option<Opener>,
}

impl<'a> Expected<'a> {
    pub fn of(manifest: &'a Manifest, opener: Option<&Opener>) -> Self {
        Self {
            artifact: &manifest.artifact,
            contents: &manifest.contents,
            chunks: &manifest.chunks,
            opener: opener.cloned(),
        }
    }
}

impl<'a> From<&'a crate::writer::Written> for Expected<'a> {
    fn from(written: &'a crate::writer::Written) -> Self {
        Self {
            artifact: &written.artifact,
            contents: &written.contents,
            chunks: &written.chunks,
            opener: written.opener.clone(),
        }
    }
}

impl<'a> From<&'a Manifest> for Expected<'a> {
    fn from(manifest: &'a Manifest) -> Self {
        Self::of(manifest, None)
    }
}

/// What "the content is right" means for a kind of backup.
pub trait Check: Send + Sync + 'static {
    /// Looks at one raw member, on a worker's thread and in no order, and tells what rows it holds.
    /// `place` is where it lies, compressed: the next member begins where it ends.
    fn member(&self, chunk: &Chunk, place: Range<u64>, raw: &[u8]) -> Result<Tally>;

    /// All members were looked at.
    fn end(&self) -> Result<()> {
        Ok(())
    }
}

impl<F: Fn(&Chunk, &[u8]) -> Result<Tally> + Send + Sync + 'static> Check for F {
    fn member(&self, chunk: &Chunk, _place: Range<u64>, raw: &[u8]) -> Result<Tally> {
        self(chunk, raw)
    }
}

/// Reads all of `source`; `progress` is told how many more bytes of the file were read.
pub async fn readback(
    source: &impl Source,
    expected: impl Into<Expected<'_>>,
    jobs: usize,
    check: impl Check,
    progress: impl Fn(u64),
) -> Result<()> {
    let expected = expected.into();
    let location = source.location();
    let Expected { artifact, contents, chunks, ref opener } = expected;
    let mut unsealing = match (artifact.is_encrypted(), opener) {
        (true, Some(opener)) => Some(Unsealing::new(opener.clone(), &location)),
        (true, None) => return Err(Error::usage(format!("{location} is encrypted"))),
        (false, _) => None,
    };
    let tiles = tiled(chunks, contents.len()).during(|| format!("cannot check {location}"))?;
    if tiles != (artifact.packed_size(), artifact.raw_size) {
        return Err(Error::integrity(format!(
            "the chunks of {location} hold {} bytes ({} before compression), not {} ({})",
            tiles.0,
            tiles.1,
            artifact.packed_size(),
            artifact.raw_size
        )));
    }
    let check = Arc::new(check);
    let workers = Workers {
        codec: artifact.codec,
        check: Arc::clone(&check),
        chunks: chunks.into(),
        names: contents.iter().map(|content| content.name.clone()).collect(),
        free: Arc::default(),
        location: location.as_str().into(),
    };
    let mut sums = Sums::new(contents, chunks);
    // One more than work at once: nobody waits for the next to be read.
    let places = Arc::new(Semaphore::new(jobs + 1));
    let mut working: JoinSet<Result<Vec<Found>>> = JoinSet::new();
    let mut walk = Walk::new(artifact.codec, chunks);
    let mut hashing = spawn_blocking(Sha256::new);
    // One byte more than there should be shows a file that goes on.
    let block_at = |offset: u64| {
        let left = (artifact.size - offset).saturating_add(1);
        source.read(offset, usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK)))
    };
    let mut offset = 0;
    let mut block = block_at(offset).await?;
    loop {
        let ended = block.is_empty();
        offset += block.len() as u64;
        if offset > artifact.size {
            return Err(Error::integrity(format!(
                "{location} is longer than the {} bytes that were written",
                artifact.size
            )));
        }
        if ended && offset < artifact.size {
            return Err(Error::integrity(format!(
                "{location} ends at byte {offset}, where {} were written",
                artifact.size
            )));
        }
        let sha256 = joined(hashing.await)?;
        let hash_input = block.clone();
        hashing = spawn_blocking(move || sha256.chain_update(&hash_input));
        progress(block.len() as u64);
        let sorting = async {
            let plain = plain(source, artifact, &mut unsealing, block).await?;
            let mut rest = &plain[..];
            while let Some(batch) =
                walk.next(&mut rest).map_err(|error| damaged(error, &location, walk.at()))?
            {
                let place = Arc::clone(&places).acquire_owned().await;
                let workers = workers.clone();
                working.spawn_blocking(move || {
                    let found = workers.members(&batch);
                    drop(place);
                    found
                });
                while let Some(done) = working.try_join_next() {
                    sums.add(joined(done)??);
                }
            }
            Ok(())
        };
        if ended {
            sorting.await?;
            break;
        }
        // The next block is on its way meanwhile.
        let (next, sorted) = tokio::join!(block_at(offset), sorting);
        sorted?;
        block = next?;
    }
    walk.end().map_err(|error| damaged(error, &location, walk.at()))?;
    while let Some(done) = working.join_next().await {
        sums.add(joined(done)??);
    }
    let sha256 = hex(&joined(hashing.await)?.finalize());
    if sha256 != artifact.sha256 {
        return Err(Error::integrity(format!(
            "{location} has sha256 {sha256}, but {} was written",
            artifact.sha256
        )));
    }
    sums.compare(&location)?;
    check.end().during(|| format!("{location} is damaged"))
}

/// What the next bytes of the file hold, of which the last ones are none.
async fn plain(
    source: &impl Source,
    artifact: &Artifact,
    unsealing: &mut Option<Unsealing>,
    block: Bytes,
) -> Result<Bytes> {
    let Some(mut working) = unsealing.take() else { return Ok(block) };
    let plain = if block.is_empty() {
        working.finish().await
    } else {
        let plain = working.next(&block).await;
        *unsealing = Some(working);
        plain
    };
    match plain {
        // A head that is damaged looks as if it were for others.
        Err(error) if error.exit() == Exit::Usage => {
            same_bytes(source, artifact, |_| {}).await?;
            Err(error)
        }
        plain => plain.during(|| format!("{} is damaged", source.location())),
    }
}

fn damaged(cause: Error, location: &str, offset: u64) -> Error {
    Error::integrity(format!("{location} is damaged at byte {offset}")).because(cause)
}

/// Only the hash and the size: what a restore checks before it acts on the content.
pub async fn same_bytes(
    source: &impl Source,
    artifact: &Artifact,
    progress: impl Fn(u64),
) -> Result<()> {
    let location = source.location();
    let mut sha256 = Sha256::new();
    let mut offset = 0;
    loop {
        let block = source.read(offset, BLOCK).await?;
        if block.is_empty() {
            break;
        }
        offset += block.len() as u64;
        progress(block.len() as u64);
        sha256 = blocking(move || Ok(sha256.chain_update(&block))).await?;
    }
    let sha256 = hex(&sha256.finalize());
    if (offset, sha256.as_str()) == (artifact.size, artifact.sha256.as_str()) {
        return Ok(());
    }
    Err(Error::integrity(format!(
        "{location} has {offset} bytes of sha256 {sha256}, where {} of {} were written",
        artifact.size, artifact.sha256
    )))
}
