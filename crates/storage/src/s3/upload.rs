//! A file on its way into the bucket: parts travel while the next one is filled.

use super::failure::{Failure, Kind};
use super::marker::Marker;
use super::multipart::JOINING;
use super::object::How;
use super::parts::{MOST, Parts};
use super::remains::Remains;
use super::sealed::Sealed;
use aws_sdk_s3::types::CompletedPart;
use bytes::{Bytes, BytesMut};
use task::{Error, Result, joined};
use tokio::task::JoinSet;

#[derive(Debug)]
pub struct Upload {
    // In this order: first no part travels any more, then the rest is removed.
    working: JoinSet<Result<(CompletedPart, Option<BytesMut>)>>,
    remains: Remains,
    parts: Parts,
    /// The number of the part that is filled.
    number: u32,
    filling: BytesMut,
    /// Memory of parts that have arrived.
    free: Vec<BytesMut>,
    done: Vec<CompletedPart>,
    size: u64,
    /// A write failed or was abandoned: what lies there is not what was given.
    torn: bool,
}

impl Upload {
    pub(super) fn new(marker: Marker) -> Self {
        let parts = Parts::new(marker.bucket.0.settings.s3_part_size);
        Self {
            working: JoinSet::new(),
            remains: Remains::new(marker),
            parts,
            number: 1,
            filling: BytesMut::new(),
            free: Vec::new(),
            done: Vec::new(),
            size: 0,
            torn: false,
        }
    }

    pub(crate) async fn write(&mut self, mut bytes: Bytes) -> Result<()> {
        self.whole()?;
        self.torn = true;
        self.remains.marker.renew().await?;
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            let size = self.parts.size(self.number);
            if self.filling.capacity() == 0 {
                self.filling = self.memory(size);
            }
            let piece = bytes.split_to(bytes.len().min(size - self.filling.len()));
            self.filling.extend_from_slice(&piece);
            if self.filling.len() == size {
                self.send().await?;
            }
        }
        self.torn = false;
        Ok(())
    }

    fn memory(&mut self, size: usize) -> BytesMut {
        match self.free.pop() {
            Some(memory) if memory.capacity() >= size => memory,
            _ => BytesMut::with_capacity(size),
        }
    }

    /// Sends what is filled, and returns once there is room to fill the next.
    async fn send(&mut self) -> Result<()> {
        let bucket = self.remains.marker.bucket.clone();
        let name = self.remains.marker.name.clone();
        if self.number > MOST {
            return Err(Error::usage(format!(
                "{} is larger than S3 takes in {MOST} parts of these sizes: set S3_PART_SIZE, and \
                 give the pod twice that much memory",
                self.remains.location()
            )));
        }
        let upload = if let Some(upload) = &self.remains.upload {
            upload.clone()
        } else {
            let run = Some(self.remains.marker.run.as_str());
            self.remains.begun = true;
            let how = How { run, class: true, ..How::default() };
            let upload = bucket.begin(&bucket.key(&name), how).await.map_err(Failure::error)?;
            self.remains.upload = Some(upload.clone());
            upload
        };
        let number = i32::try_from(self.number).unwrap_or(i32::MAX);
        let bytes = std::mem::take(&mut self.filling).freeze();
        self.working.spawn(async move {
            let part = bucket.part(&name, &upload, number, &bytes).await.map_err(Failure::error)?;
            let memory = bytes.try_into_mut().ok().map(|mut memory| {
                memory.clear();
                memory
            });
            Ok((part, memory))
        });
        self.number += 1;
        while self.working.len() >= self.parts.buffers(self.number) {
            self.arrived().await?;
        }
        Ok(())
    }

    /// Waits for one of the parts that travel; false if none does.
    async fn arrived(&mut self) -> Result<bool> {
        let Some(arrived) = self.working.join_next().await else { return Ok(false) };
        let (part, memory) = joined(arrived)??;
        self.done.push(part);
        self.free.extend(memory);
        Ok(true)
    }

    pub(crate) async fn seal(mut self) -> Result<Sealed> {
        self.whole()?;
        if self.remains.upload.is_some() {
            if !self.filling.is_empty() {
                self.send().await?;
            }
            while self.arrived().await? {}
            self.done.sort_by_key(CompletedPart::part_number);
        }
        let bytes = std::mem::take(&mut self.filling).freeze();
        self.name(bytes).await?;
        let Self { remains, size, .. } = self;
        let found = remains.marker.bucket.head(&remains.marker.name).await?;
        match found {
            Some(head) if head.size == size => Ok(Sealed::new(remains)),
            Some(head) => Err(Error::integrity(format!(
                "{} has {} bytes, where {size} were written",
                remains.location(),
                head.size
            ))),
            None => Err(Error::integrity(format!(
                "{} was written, and is not there",
                remains.location()
            ))),
        }
    }

    /// Gives the object its name, in a moment in which no other has it.
    async fn name(&mut self, bytes: Bytes) -> Result<()> {
        let Remains { marker, upload, named, .. } = &mut self.remains;
        let (bucket, name) = (&marker.bucket, &marker.name);
        if bucket.head(name).await?.is_some() {
            return Err(bucket.taken(name));
        }
        *named = true;
        loop {
            let new = bucket.conditional();
            let ended = if let Some(upload) = upload {
                bucket.join(name, upload, &self.done, new, JOINING).await
            } else {
                let how = How { run: Some(&marker.run), new, class: true, media: None };
                bucket.put_how(name, bytes.clone(), how).await
            };
            let Err(failure) = ended else { return Ok(()) };
            match failure.kind {
                Kind::Unsupported if new => bucket.unconditional(),
                Kind::Exists | Kind::NoUpload => {
                    // The answer to an earlier try may have been lost: then it is ours.
                    return match bucket.head(name).await? {
                        Some(head) if head.run.as_deref() == Some(&marker.run) => Ok(()),
                        Some(_) => Err(bucket.taken(name)),
                        None => Err(failure.error),
                    };
                }
                _ => return Err(failure.error),
            }
        }
    }

    fn whole(&self) -> Result<()> {
        if self.torn {
            let location = self.remains.location();
            return Err(Error::failed(format!("an earlier write to {location} was not finished")));
        }
        Ok(())
    }
}
