//! The start of an age file, and what its key opens.

use super::key::{Ear, Key, Listening};
use super::{PIECE, SEALED};
use age::{DecryptError, Decryptor, Identity, IdentityFile};
use bytes::Bytes;
use std::fmt;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use task::{Context, Error, Result};

/// What opens age files: the identities of their recipients, or the one file's own key.
#[derive(Clone)]
pub struct Opener(Arc<Vec<Box<dyn Identity + Send + Sync>>>);

impl Opener {
    /// Identity files as `age -i` takes them; none if none is named.
    pub fn read(files: &[PathBuf]) -> Result<Option<Self>> {
        let mut all = Vec::new();
        for file in files.iter().filter(|file| !file.as_os_str().is_empty()) {
            let shown = file.display();
            let wrong = || format!("cannot read identities from {shown}");
            let text = std::fs::read(file).usage(wrong)?;
            // What is wrong in it is not said: it is secret.
            let identities = IdentityFile::from_buffer(&text[..])
                .ok()
                .and_then(|file| file.into_identities().ok())
                .filter(|identities| !identities.is_empty());
            let Some(identities) = identities else {
                return Err(Error::usage(format!(
                    "{shown} holds no identity of age: write lines like AGE-SECRET-KEY-1…, as \
                     age-keygen prints them"
                )));
            };
            all.extend(identities);
        }
        Ok((!all.is_empty()).then(|| Self(Arc::new(all))))
    }

    pub(super) fn of_key(key: Key) -> Self {
        Self(Arc::new(vec![Box::new(key)]))
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

/// The head of one file, opened.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    bytes: Bytes,
    key: Key,
}

/// So much of a file's start is enough to find its head: 10,000 recipients.
pub(super) const START: usize = 1 << 20;

impl Head {
    /// Reads the head at the start of a file, `location`, of which these are the first bytes.
    pub(crate) fn open(start: &Bytes, opener: &Opener, location: &str) -> Result<Self> {
        let ear = Ear::default();
        let mut cursor = Cursor::new(&start[..]);
        let found = Decryptor::new(&mut cursor).and_then(|decryptor| {
            let listening: Vec<_> =
                opener.0.iter().map(|one| Listening(one.as_ref(), &ear)).collect();
            decryptor.decrypt(listening.iter().map(|one| one as &dyn Identity)).map(drop)
        });
        match found {
            Ok(()) => {}
            Err(cause @ (DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed)) => {
                return Err(Error::usage(format!(
                    "none of the identities opens {location}: name the right file in \
                     AGE_IDENTITY_FILE"
                ))
                .because(cause));
            }
            Err(cause) => {
                let said = format!("{location} is damaged: its head cannot be read as one of age");
                return Err(Error::integrity(said).because(cause));
            }
        }
        let length = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let key = ear.heard().ok_or_else(|| Error::failed(format!("no key for {location}")))?;
        Ok(Self { bytes: start.slice(..length.min(start.len())), key })
    }

    pub(crate) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Where in the file the piece lies that holds this byte of the stream, and the first byte that
    /// the piece holds.
    pub(super) fn piece(&self, offset: u64) -> (u64, u64) {
        let number = offset / PIECE;
        (self.length() + number * SEALED, number * PIECE)
    }

    /// Opens whole pieces, of which `first` is the first byte in the stream: `length` bytes from
    /// there, or all if none is said, and then the last piece must be among them.
    pub(super) fn unseal(
        &self,
        pieces: Bytes,
        first: u64,
        length: Option<usize>,
    ) -> Result<Vec<u8>> {
        let damaged = || "a piece of the encrypted file is damaged, cut or out of place".to_owned();
        let (at, _) = self.piece(first);
        let window = Window { head: self.bytes.clone(), pieces, pieces_at: at, at: 0 };
        let decryptor = Decryptor::new(window).integrity(damaged)?;
        let mut reader =
            decryptor.decrypt(std::iter::once(&self.key as &dyn Identity)).integrity(damaged)?;
        // At the border of a piece it would look for the end of the file; within one it does not.
        for at in [first + 1, first] {
            reader.seek(SeekFrom::Start(at)).integrity(damaged)?;
        }
        let mut plain = Vec::new();
        if let Some(length) = length {
            plain.resize(length, 0);
            reader.read_exact(&mut plain).integrity(damaged)?;
        } else {
            reader.read_to_end(&mut plain).integrity(damaged)?;
        }
        Ok(plain)
    }
}

/// A file of which only the head and some pieces are at hand.
struct Window {
    head: Bytes,
    pieces: Bytes,
    pieces_at: u64,
    at: u64,
}

impl Read for Window {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let head = self.head.len() as u64;
        let rest = if self.at < head {
            self.head.get(usize::try_from(self.at).unwrap_or(usize::MAX)..)
        } else {
            let at = self.at.checked_sub(self.pieces_at);
            at.and_then(|at| self.pieces.get(usize::try_from(at).ok()?..))
        };
        // Behind the pieces at hand nothing is known, and nothing is asked for.
        let count = rest.map_or(0, |rest| {
            let count = rest.len().min(to.len());
            to[..count].copy_from_slice(&rest[..count]);
            count
        });
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(_) => None,
        };
        self.at = at.ok_or(io::ErrorKind::Unsupported)?;
        Ok(self.at)
    }
}
