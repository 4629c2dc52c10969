//! The artifact, read in parallel from where it lies.

use super::reader::Pieces;
use backup::codec::Decompressor;
use backup::manifest::{Chunk, Manifest};
use backup::readback::same_bytes;
use bytes::Bytes;
use std::sync::Arc;
use storage::Store;
use task::{Context, Error, Progress, Result, Task, While};
use tokio::sync::mpsc;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Source {
    store: Store,
    manifest: Arc<Manifest>,
}

/// Decompressed members that wait for the server: one is enough to keep it busy.
const AHEAD: usize = 1;

impl Source {
    pub(crate) fn new(store: Store, manifest: Manifest) -> Self {
        Self { store, manifest: Arc::new(manifest) }
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads and decompresses these chunks in order, a little ahead of whoever takes them.
    pub(super) fn open(&self, chunks: Vec<Chunk>, progress: Option<Progress>) -> Pieces {
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

    async fn chunk(&self, chunk: &Chunk, pieces: &mpsc::Sender<Result<Bytes>>) -> Result<()> {
        let artifact = &self.manifest.artifact;
        let length = usize::try_from(chunk.length).unwrap_or(usize::MAX);
        let compressed = self.store.read(&artifact.file, chunk.offset, length).await?;
        if compressed.len() != length {
            return Err(Error::integrity(format!(
                "{} is shorter than its manifest says",
                artifact.file
            )));
        }
        let (codec, file, pieces) = (artifact.codec, artifact.file.clone(), pieces.clone());
        let work = move || {
            let damaged = || format!("{file} is damaged");
            let mut decompressor = Decompressor::new(codec).during(damaged)?;
            let mut rest = &compressed[..];
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

    /// Refuses a file that is not the one the manifest tells of, before anything of it is run.
    pub(super) async fn check(&self, task: &Task) -> Result<()> {
        let artifact = &self.manifest.artifact;
        let progress = task.progress("check", Some(artifact.size));
        let file = (&self.store, artifact.file.as_str());
        task.until_stopped(same_bytes(&file, artifact, |bytes| progress.add(bytes))).await
    }
}
