//! The key of one file: heard when it is wrapped or unwrapped, and kept in memory.

use age::secrecy::ExposeSecret;
use age::{DecryptError, EncryptError, Identity, Recipient};
use age_core::format::{FileKey, Stanza};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Opens the one file that it belongs to, whoever it is encrypted to.
#[derive(Clone)]
pub(super) struct Key(Arc<FileKey>);

impl Key {
    fn copy(key: &FileKey) -> Self {
        Self(Arc::new(FileKey::new(Box::new(*key.expose_secret()))))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Identity for Key {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        Some(Ok(FileKey::new(Box::new(*self.0.expose_secret()))))
    }
}

/// Where a key that passes by is noted.
#[derive(Default)]
pub(super) struct Ear(Mutex<Option<Key>>);

impl Ear {
    fn hear(&self, key: &FileKey) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Key::copy(key));
    }

    pub(super) fn heard(self) -> Option<Key> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A recipient, while someone listens.
pub(super) struct Overheard<'a>(pub(super) &'a dyn Recipient, pub(super) &'a Ear);

impl Recipient for Overheard<'_> {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        self.1.hear(key);
        self.0.wrap_file_key(key)
    }
}

/// Identities, while someone listens.
pub(super) struct Listening<'a>(pub(super) &'a dyn Identity, pub(super) &'a Ear);

impl Identity for Listening<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        let found = self.0.unwrap_stanzas(stanzas);
        if let Some(Ok(key)) = &found {
            self.1.hear(key);
        }
        found
    }
}
