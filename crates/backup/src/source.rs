//! The artifact, read in parallel from where it lies.

use crate::age::{Opener, Plain};
use crate::codec::{Codec, Decompressor};
use crate::manifest::{Artifact, Chunk, Manifest};
use crate::readback::same_bytes;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use storage::Store;
use task::{Context, Error, Progress, Result, Task, While};
use tokio::sync::mpsc;

/// Decompressed pieces, in order; they may end anywhere.
pub type Pieces = mpsc::Receiver<Result<Bytes>>;

/// Puts the next piece behind what is left of those before; false if there is none.
pub async fn append(rest: &mut Bytes, pieces: &mut Pieces) -> Result<bool> {
    let Some(piece) = pieces.recv().await else { return Ok(false) };
    let piece = piece?;
    if rest.is_empty() {
        *rest = piece;
    } else {
        let mut joined = BytesMut::with_capacity(rest.len() + piece.len());
        joined.extend_from_slice(rest);
        joined.extend_from_slice(&piece);
        *rest = joined.freeze();
    }
    Ok(true)
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    store: Store,
    manifest: Arc<Manifest>,
    opener: Option<Opener>,
    /// The stream in the file; none where that is encrypted and nothing opens it.
    plain: Option<Plain>,
}

/// Decompressed members that wait for whoever takes them: one is enough to keep that busy.
const AHEAD: usize = 1;
/// Read at once.
const BLOCK: usize = 1 << 20;

impl Source {
    pub fn new(store: Store, manifest: Manifest, opener: Option<Opener>) -> Self {
        let plain = Plain::new(&store, &manifest.artifact, opener.as_ref()).ok();
        Self { store, manifest: Arc::new(manifest), opener, plain }
    }

    pub fn opener(&self) -> Option<&Opener> {
        self.opener.as_ref()
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn location(&self) -> String {
        self.store.location(&self.manifest.artifact.file)
    }

    /// Reads and decompresses these chunks in order, a little ahead of whoever takes them.
    pub fn open(&self, chunks: Vec<Chunk>, progress: Option<Progress>) -> Pieces {
        let (pieces, taken) = mpsc::channel(AHEAD);
        let source = self.clone();
        tokio::spawn(async move {
            for chunk in &chunks {
                if let Err(error) = source.chunk(chunk, &pieces).await {
                    let _ = pieces.send(Err(error)).await;
                    return;
                }
                if let Some(progress) = &progress {
                    progress.add(chunk.length);
                }
            }
        });
        taken
    }

    /// In blocks, because the chunks of a very large backup are longer than memory should be.
    async fn chunk(&self, chunk: &Chunk, pieces: &mpsc::Sender<Result<Bytes>>) -> Result<()> {
        let Artifact { file, codec, .. } = &self.manifest.artifact;
        let plain = self.plain()?;
        let end = chunk.offset + chunk.length;
        let mut at = chunk.offset;
        let mut held = Vec::new();
        while at < end {
            let left = usize::try_from(end - at).unwrap_or(usize::MAX);
            // Without compression a member has no border but the chunk's.
            let length = if *codec == Codec::None { left } else { left.min(BLOCK) };
            let block = plain.read(at, length).await?;
            if block.len() != length {
                return Err(Error::integrity(format!("{file} is shorter than its manifest says")));
            }
            at += block.len() as u64;
            held.extend_from_slice(&block);
            let whole = whole_members(*codec, &held).during(|| format!("{file} is damaged"))?;
            let rest = held.split_off(whole);
            self.decompress(std::mem::replace(&mut held, rest), pieces).await?;
        }
        if held.is_empty() {
            Ok(())
        } else {
            Err(Error::integrity(format!("{file} is damaged: a member goes on behind its chunk")))
        }
    }

    async fn decompress(
        &self,
        members: Vec<u8>,
        pieces: &mpsc::Sender<Result<Bytes>>,
    ) -> Result<()> {
        let Artifact { file, codec, .. } = &self.manifest.artifact;
        let (codec, file, pieces) = (*codec, file.clone(), pieces.clone());
        let work = move || {
            let damaged = || format!("{file} is damaged");
            let mut decompressor = Decompressor::new(codec).during(damaged)?;
            let mut rest = &members[..];
            while !rest.is_empty() {
                let mut raw = Vec::new();
                let used = decompressor.member(rest, u64::MAX, &mut raw).during(damaged)?;
                rest = &rest[used..];
                // Nobody takes it any more once another connection has failed.
                if pieces.blocking_send(Ok(Bytes::from(raw))).is_err() {
                    break;
                }
            }
            Ok(())
        };
        let ended = tokio::task::spawn_blocking(work).await;
        ended.failed(|| "a decompressor ended without a result".to_owned())?
    }

    /// Says why, where nothing opens the file.
    fn plain(&self) -> Result<Plain> {
        match &self.plain {
            Some(plain) => Ok(plain.clone()),
            None => Plain::new(&self.store, &self.manifest.artifact, self.opener.as_ref()),
        }
    }

    /// Refuses a file that is not the one the manifest tells of, or that nothing opens, before
    /// anything of it is run.
    pub async fn check(&self, task: &Task) -> Result<()> {
        let plain = self.plain()?;
        self.same_bytes(task).await?;
        task.until_stopped(plain.read(0, 1)).await.map(drop)
    }

    /// Whether it is the file that the manifest tells of.
    pub async fn same_bytes(&self, task: &Task) -> Result<()> {
        let artifact = &self.manifest.artifact;
        let progress = task.progress("check", Some(artifact.size));
        let file = (&self.store, artifact.file.as_str());
        task.until_stopped(same_bytes(&file, artifact, |bytes| progress.add(bytes))).await
    }
}

/// How many of these bytes are members that are there to their end.
fn whole_members(codec: Codec, bytes: &[u8]) -> Result<usize> {
    let mut at = 0;
    while let Some(length) = codec.member_length(&bytes[at..])? {
        if length == 0 || length > bytes.len() - at {
            break;
        }
        at += length;
    }
    Ok(at)
}
