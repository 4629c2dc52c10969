//! A file read from its start to its end, while it is opened.

use super::head::{Head, Opener};
use super::{PIECE, SEALED};
use bytes::{Bytes, BytesMut};
use task::{Result, blocking};

/// Pieces that are opened at once.
const BATCH: usize = 16;

#[derive(Debug)]
pub(crate) struct Unsealing {
    opener: Opener,
    location: String,
    head: Option<Head>,
    waiting: BytesMut,
    /// The first byte in the stream of what waits.
    first: u64,
}

impl Unsealing {
    pub(crate) fn new(opener: Opener, location: &str) -> Self {
        let location = location.to_owned();
        Self { opener, location, head: None, waiting: BytesMut::new(), first: 0 }
    }

    /// Takes the next bytes of the file, which all come this way, and gives what can be opened. The
    /// first of them must hold the head.
    pub(crate) async fn next(&mut self, bytes: &Bytes) -> Result<Bytes> {
        let head = if let Some(head) = &self.head {
            self.waiting.extend_from_slice(bytes);
            head.clone()
        } else {
            let head = Head::open(bytes, &self.opener, &self.location)?;
            let length = usize::try_from(head.length()).unwrap_or(usize::MAX);
            self.waiting.extend_from_slice(&bytes[length.min(bytes.len())..]);
            self.head.insert(head).clone()
        };
        let sealed = usize::try_from(SEALED).unwrap_or(usize::MAX);
        // The last one that is whole may be the last of all, which is sealed as such.
        let ready = self.waiting.len().saturating_sub(1) / sealed;
        if ready < BATCH {
            return Ok(Bytes::new());
        }
        let pieces = self.waiting.split_to(ready * sealed).freeze();
        let (first, plain) = (self.first, ready as u64 * PIECE);
        self.first += plain;
        let length = usize::try_from(plain).unwrap_or(usize::MAX);
        blocking(move || head.unseal(pieces, first, Some(length)).map(Bytes::from)).await
    }

    /// The rest, once all bytes were taken.
    pub(crate) async fn finish(self) -> Result<Bytes> {
        let Self { head, waiting, first, location, .. } = self;
        let Some(head) = head else {
            let said = format!("{location} ends before its head does");
            return Err(task::Error::integrity(said));
        };
        blocking(move || head.unseal(waiting.freeze(), first, None).map(Bytes::from)).await
    }
}
