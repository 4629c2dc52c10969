//! Writes an artifact from several workers at once: compresses members, appends them to the
//! upload, and keeps what the manifest will say.
//!
//! Members of one content that come from several workers mixed with others' are gathered for a
//! while, so that they lie together: few large chunks can be read and restored better than many
//! small ones. So members of different contents may change places within a part, while members
//! of one content, and those of none against all others, keep the order in which they came.

mod chunks;
mod copies;
mod file;
mod gather;
mod lane;

pub use copies::Failed;
pub use lane::Lane;

use crate::age::{Opener, Recipients, Sealing};
use crate::codec::{Codec, Compressor, Efforts};
use crate::manifest::{Artifact, Chunk, Content, Manifest, Server, Tally};
use crate::name::{MANIFEST, Name};
use copies::Copies;
use file::File;
use gather::Run;
use sha2::Digest;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Sealed, Store};
use task::{Error, Exit, Result, While, blocking};

/// Takes members from any number of tasks through `&self`. What is in flight is what the callers
/// hold: each waits until its member is taken.
#[derive(Debug)]
pub struct Writer {
    name: Name,
    codec: Codec,
    file_name: String,
    recipients: Recipients,
    contents: Mutex<Vec<Content>>,
    compressors: Arc<Mutex<Vec<Compressor>>>,
    efforts: Efforts,
    file: tokio::sync::Mutex<File>,
}

/// Compressed, and not yet in the file.
#[derive(Debug)]
pub struct Member {
    run: Run,
    tally: Tally,
    /// The buffer that held the text.
    raw: Vec<u8>,
}

impl Member {
    /// The buffer, where the member is to wait.
    pub fn take_raw(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.raw)
    }

    /// Bytes that wait.
    pub fn length(&self) -> u64 {
        self.run.length
    }
}

impl Writer {
    /// Into all of the stores. Encrypts to the recipients, if there are any.
    pub async fn create(
        stores: &[Store],
        artifact: Name,
        codec: Codec,
        recipients: &Recipients,
    ) -> Result<Self> {
        let (file_name, sealing) = if recipients.is_empty() {
            (artifact.file(codec), None)
        } else {
            (artifact.encrypted_file(codec), Some(Sealing::new(recipients)?))
        };
        let copies = Copies::create(stores, &file_name).await?;
        Ok(Self {
            name: artifact,
            codec,
            file_name,
            recipients: recipients.clone(),
            contents: Mutex::default(),
            compressors: Arc::default(),
            efforts: Efforts::default(),
            file: tokio::sync::Mutex::new(File::new(copies, sealing, codec)),
        })
    }

    /// Adds an entry to the manifest's `contents` and returns its place there.
    pub fn content(&self, name: String) -> usize {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.push(Content { name, tally: Tally::default() });
        contents.len() - 1
    }

    /// Compresses `raw` into one member and appends it. Members of 1 MiB serve best; each must be
    /// complete in itself, for others may come between. Gives the buffer back.
    pub async fn member(
        &self,
        part: &'static str,
        content: Option<usize>,
        tally: Tally,
        raw: Vec<u8>,
    ) -> Result<Vec<u8>> {
        if raw.is_empty() {
            return Ok(raw);
        }
        let member = self.compress(part, content, tally, raw).await?;
        self.append(member).await
    }

    /// Members stay in the order in which they come, also those of several contents.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.file.get_mut().gather = gather::Gather::ordered();
        self
    }

    /// Begins at once to compress `raw`, on a thread of its own, and is ready when that is done.
    pub fn compress(
        &self,
        part: &'static str,
        content: Option<usize>,
        tally: Tally,
        raw: Vec<u8>,
    ) -> impl Future<Output = Result<Member>> + Send + use<> {
        let made = self.make(part, content, move || Ok((tally, raw, ())));
        async { made.await.map(|(member, ())| member) }
    }

    /// Begins at once to make what is to be compressed, and then does that, both on one thread. What
    /// else `make` returns comes back as it is.
    pub fn make<T, M>(
        &self,
        part: &'static str,
        content: Option<usize>,
        make: M,
    ) -> impl Future<Output = Result<(Member, T)>> + Send + use<T, M>
    where
        T: Send + 'static,
        M: FnOnce() -> Result<(Tally, Vec<u8>, T)> + Send + 'static,
    {
        let (codec, compressors) = (self.codec, Arc::clone(&self.compressors));
        let effort = self.efforts.next(content);
        let name = self.name.to_string();
        let compress = move |raw: &[u8]| {
            let free = compressors.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut compressor = free.map_or_else(|| Compressor::new(codec), Ok)?;
            let mut bytes = Vec::new();
            compressor.compress_with(&effort, raw, &mut bytes)?;
            compressors.lock().unwrap_or_else(PoisonError::into_inner).push(compressor);
            Ok(bytes)
        };
        blocking(move || {
            let (tally, raw, beside) = make()?;
            let bytes = compress(&raw).during(|| format!("cannot compress a part of {name}"))?;
            let run = Run {
                part,
                content,
                raw: raw.len() as u64,
                rows: tally.rows,
                length: bytes.len() as u64,
                members: vec![bytes.into()],
            };
            Ok((Member { run, tally, raw }, beside))
        })
    }

    /// Appends a member and gives back the buffer that its text was in.
    pub async fn append(&self, member: Member) -> Result<Vec<u8>> {
        let mut file = self.file.lock().await;
        // Nothing may be made of nothing: that is no member.
        if member.run.raw == 0 {
            return Ok(member.raw);
        }
        if let Some(index) = member.run.content {
            let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
            let content = contents.get_mut(index).ok_or_else(|| {
                Error::failed(format!("content {index} was never added to {}", self.name))
            })?;
            content.tally.add(member.tally);
        }
        for run in file.gather.add(member.run) {
            file.append(run).await?;
        }
        Ok(member.raw)
    }

    /// Makes the artifact durable. Nothing can be added any more; it has no name yet.
    pub async fn seal(self) -> Result<Written> {
        let mut file = self.file.into_inner();
        for run in file.gather.drain() {
            file.append(run).await?;
        }
        let opener = file.sealing.as_ref().map(Sealing::opener);
        let file_name = self.file_name;
        if file.torn {
            return Err(Error::failed(format!("an earlier write to {file_name} was not finished")));
        }
        file.finish().await?;
        let chunks = file.chunks.finish();
        let (packed, raw_size) =
            chunks.iter().fold((0, 0), |(size, raw), chunk| (size + chunk.length, raw + chunk.raw));
        if packed == 0 {
            return Err(Error::failed(format!("nothing was written to {file_name}")));
        }
        let (sealed, failed) = file.copies.seal().await?;
        Ok(Written {
            artifact: Artifact {
                file: file_name,
                size: file.size,
                sha256: hex(&file.sha256.finalize()),
                codec: self.codec,
                raw_size,
                recipients: self.recipients.names().to_vec(),
                compressed_size: opener.is_some().then_some(packed),
            },
            opener,
            contents: self.contents.into_inner().unwrap_or_else(PoisonError::into_inner),
            chunks,
            name: self.name,
            sealed,
            failed,
        })
    }
}

/// An artifact that is whole and durable, but has no name yet. Dropping it removes it.
#[derive(Debug)]
pub struct Written {
    pub artifact: Artifact,
    pub contents: Vec<Content>,
    pub chunks: Vec<Chunk>,
    /// What opens it, if it is encrypted: this run's alone.
    pub(crate) opener: Option<Opener>,
    name: Name,
    /// One in each store that did not fail.
    sealed: Vec<Sealed>,
    failed: Vec<Failed>,
}

/// What a manifest says that the writer does not know.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The file of the backup that this one needs beside it, where it holds only what changed since.
    pub parent: Option<String>,
    pub started: jiff::Timestamp,
    pub tool: String,
    pub server: Option<Server>,
    pub verified: bool,
    pub properties: BTreeMap<String, String>,
}

impl Written {
    /// Where it lies, to read it back from there.
    pub fn copies(&self) -> &[Sealed] {
        &self.sealed
    }

    /// Gives up copies that are not what was written; an error if none is left.
    pub fn give_up(&mut self, wrong: Vec<(usize, Error)>) -> Result<()> {
        // From the last: places of those before stay.
        for (place, error) in wrong.into_iter().rev() {
            let copy = self.sealed.remove(place);
            self.failed.push(copies::lost(copy.location(), error)?);
        }
        copies::some(&self.sealed, &mut self.failed)
    }

    /// Names the artifact, then puts the manifest beside it: only now it is a backup. It has to be
    /// one in every store; but where it is one, it stays.
    pub async fn commit(self, facts: Facts) -> Result<Manifest> {
        let manifest = Manifest {
            format: crate::manifest::FORMAT.to_owned(),
            kind: self.name.kind().to_owned(),
            name: self.name.name().to_owned(),
            started: facts.started,
            finished: jiff::Timestamp::now(),
            tool: facts.tool,
            server: facts.server,
            artifact: self.artifact,
            parent: facts.parent,
            verified: facts.verified,
            properties: facts.properties,
            contents: self.contents,
            chunks: self.chunks,
        };
        let file = format!("{}{MANIFEST}", manifest.artifact.file);
        let json = manifest.to_json()?;
        let json = bytes::Bytes::from(json);
        let (mut held, mut failed) = (Vec::new(), self.failed);
        for copy in self.sealed {
            let location = copy.location();
            match copy.commit_beside(&file, json.clone()).await {
                Ok(()) => held.push(location),
                Err(error) => failed.push(copies::lost(location, error)?),
            }
        }
        copies::some(&held, &mut failed)?;
        in_all(&held, &failed)?;
        Ok(manifest)
    }
}

/// The run has failed if a store lacks the backup, and whoever reads that must know where it is.
fn in_all(held: &[String], failed: &[Failed]) -> Result<()> {
    let damaged = failed.iter().any(|one| one.error.exit() == Exit::Integrity);
    let Some(first) = failed.first() else { return Ok(()) };
    let exit = if damaged { Exit::Integrity } else { first.error.exit() };
    let lacking: Vec<_> =
        failed.iter().map(|one| format!("{} ({:#})", one.location, one.error)).collect();
    Err(Error::new(
        exit,
        format!(
            "the backup is not in every store: {} holds it, and missing is {}",
            held.join(", "),
            lacking.join(", ")
        ),
    ))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
