//! The one stream that all members go into: hashed and sealed on its way.

use super::chunks::Chunks;
use super::copies::Copies;
use super::gather::{Gather, Run};
use crate::age::Sealing;
use crate::codec::Codec;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use task::{Error, Result, blocking};

/// What only one caller at a time may touch.
#[derive(Debug)]
pub(super) struct File {
    pub(super) copies: Copies,
    pub(super) sha256: Sha256,
    /// Bytes of the file so far.
    pub(super) size: u64,
    pub(super) sealing: Option<Sealing>,
    pub(super) gather: Gather,
    pub(super) chunks: Chunks,
    /// A write failed or was abandoned in the middle.
    pub(super) torn: bool,
}

impl File {
    pub(super) fn new(copies: Copies, sealing: Option<Sealing>, codec: Codec) -> Self {
        Self {
            copies,
            sha256: Sha256::new(),
            size: 0,
            sealing,
            gather: Gather::new(codec),
            chunks: Chunks::new(codec),
            torn: false,
        }
    }

    pub(super) async fn append(&mut self, run: Run) -> Result<()> {
        if self.torn {
            return Err(Error::failed("an earlier write was not finished"));
        }
        // Unless all of this is done, the sum and the file no longer agree.
        self.torn = true;
        self.chunks.add(&run);
        let members = if let Some(mut sealing) = self.sealing.take() {
            let (sealing, sealed) = blocking(move || {
                let seal = |member: Bytes| sealing.seal(&member).map(Bytes::from);
                let sealed = run.members.into_iter().map(seal).collect::<Result<Vec<_>>>()?;
                Ok((sealing, sealed))
            })
            .await?;
            self.sealing = Some(sealing);
            sealed
        } else {
            run.members
        };
        self.write(members).await?;
        self.torn = false;
        Ok(())
    }

    /// What an encrypted file ends with.
    pub(super) async fn finish(&mut self) -> Result<()> {
        match self.sealing.take() {
            Some(sealing) => self.write(vec![sealing.finish()?.into()]).await,
            None => Ok(()),
        }
    }

    async fn write(&mut self, pieces: Vec<Bytes>) -> Result<()> {
        let mut sha256 = std::mem::take(&mut self.sha256);
        self.size += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        let hashed = pieces.clone();
        let hashing = blocking(move || {
            for piece in &hashed {
                sha256.update(piece);
            }
            Ok(sha256)
        });
        let writing = async {
            for piece in pieces {
                self.copies.write(&piece).await?;
            }
            Ok(())
        };
        let (sha256, written) = tokio::join!(hashing, writing);
        written?;
        self.sha256 = sha256?;
        Ok(())
    }
}
