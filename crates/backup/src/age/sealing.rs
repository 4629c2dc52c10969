//! A stream on its way into an age file.

use super::head::Opener;
use super::key::{Ear, Overheard};
use super::recipients::Recipients;
use age::Recipient;
use age::stream::StreamWriter;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use task::{Context, Error, Result};

pub(crate) struct Sealing {
    writer: StreamWriter<Sink>,
    sink: Sink,
    opener: Opener,
}

impl Sealing {
    pub(crate) fn new(recipients: &Recipients) -> Result<Self> {
        let cannot = || "cannot encrypt to these recipients".to_owned();
        let (ear, keys) = (Ear::default(), recipients.keys()?);
        let overheard: Vec<_> = keys.iter().map(|key| Overheard(key.as_ref(), &ear)).collect();
        let encryptor =
            age::Encryptor::with_recipients(overheard.iter().map(|key| key as &dyn Recipient))
                .usage(cannot)?;
        drop(overheard);
        let key = ear.heard().ok_or_else(|| Error::usage(cannot()))?;
        let sink = Sink::default();
        let writer = encryptor.wrap_output(sink.clone()).failed(cannot)?;
        Ok(Self { writer, sink, opener: Opener::of_key(key) })
    }

    /// What reads this file back, and no other.
    pub(crate) fn opener(&self) -> Opener {
        self.opener.clone()
    }

    /// What these bytes and those before have become so far.
    pub(crate) fn seal(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.writer.write_all(bytes).failed(|| "cannot encrypt".to_owned())?;
        Ok(self.sink.take())
    }

    /// The rest, with the last piece marked as such.
    pub(crate) fn finish(self) -> Result<Vec<u8>> {
        self.writer.finish().failed(|| "cannot encrypt".to_owned())?;
        Ok(self.sink.take())
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing")
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
