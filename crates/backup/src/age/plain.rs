//! An artifact's compressed stream, read anywhere, encrypted or not.

use super::head::{Head, Opener, START};
use super::{PIECE, SEALED};
use crate::manifest::Artifact;
use bytes::Bytes;
use std::sync::Arc;
use storage::Store;
use task::{Error, Result, blocking};
use tokio::sync::OnceCell;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Plain(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    file: String,
    size: u64,
    /// None where nothing is encrypted.
    opener: Option<Opener>,
    head: OnceCell<Head>,
}

impl Plain {
    /// Refuses what is encrypted where there is no identity.
    pub fn new(store: &Store, artifact: &Artifact, opener: Option<&Opener>) -> Result<Self> {
        let encrypted = artifact.is_encrypted();
        if encrypted && opener.is_none() {
            return Err(Error::usage(format!(
                "{} is encrypted: name the file with the identity in AGE_IDENTITY_FILE, or with \
                 --identity",
                artifact.file
            )));
        }
        Ok(Self(Arc::new(Inner {
            store: store.clone(),
            file: artifact.file.clone(),
            size: artifact.size,
            opener: opener.filter(|_| encrypted).cloned(),
            head: OnceCell::new(),
        })))
    }

    /// Up to `length` bytes of the stream from `offset`; fewer only where it ends.
    pub async fn read(&self, offset: u64, length: usize) -> Result<Bytes> {
        let Inner { store, file, size, opener, head } = &*self.0;
        let Some(opener) = opener else {
            return store.read(file, offset, length).await;
        };
        let head = head
            .get_or_try_init(async || {
                let start = store.read(file, 0, START).await?;
                Head::open(&start, opener, &store.location(file))
            })
            .await?;
        let (from, first) = head.piece(offset);
        let (last, _) = head.piece(offset + length.saturating_sub(1) as u64);
        let to = (last + SEALED).min(*size);
        if length == 0 || from >= to {
            return Ok(Bytes::new());
        }
        let pieces =
            store.read(file, from, usize::try_from(to - from).unwrap_or(usize::MAX)).await?;
        if pieces.len() as u64 != to - from {
            return Err(Error::integrity(format!("{file} is shorter than its manifest says")));
        }
        // How much is sealed in these pieces.
        let count = (to - from).div_ceil(SEALED);
        let inside = (to - from).saturating_sub(count * (SEALED - PIECE));
        let skipped = usize::try_from(offset - first).unwrap_or(usize::MAX);
        let inside = usize::try_from(inside).unwrap_or(usize::MAX);
        let head = head.clone();
        let plain =
            blocking(move || head.unseal(pieces, first, Some(inside)).map(Bytes::from)).await?;
        let end = plain.len().min(skipped.saturating_add(length));
        Ok(plain.slice(skipped.min(end)..end))
    }
}
