//! What the walk finds on its way into the archive: read and compressed on several threads, written in
//! order, with the index behind it.

mod index_part;

use crate::attributes::Attributer;
use crate::batch::Made;
use crate::large::{Hashes, Large};
use crate::troubles::Troubles;
use crate::walk::{Step, Trouble};
use backup::manifest::Tally;
use backup::writer::{Member, Writer};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use index_part::IndexPart;
use std::sync::{Arc, Mutex, PoisonError};
use task::{Progress, Result};
use tokio::sync::mpsc::Receiver;

/// The part of the archive with headers and content.
pub(crate) const PART: &str = "data";

/// What was saved.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    pub(crate) troubles: Troubles,
    /// Bytes of files that are in this archive.
    pub(crate) content: u64,
}

/// What a worker has made.
enum Done {
    Batch { group: usize, member: Member, made: Made },
    Head { member: Member },
    Piece { member: Member, hash: u128, trouble: Option<Trouble>, last: Option<Arc<Large>> },
    Trouble(Trouble),
}

pub(crate) struct Feed {
    writer: Arc<Writer>,
    working: FuturesOrdered<BoxFuture<'static, Result<Done>>>,
    /// The large file that is being read, and its next piece.
    large: Option<(Arc<Large>, u64)>,
    hashes: Hashes,
    index: IndexPart,
    tools: Arc<Mutex<Vec<Attributer>>>,
    /// Emptied ones, to be used again.
    buffers: Vec<Vec<u8>>,
    saved: Saved,
    progress: Progress,
}

impl Feed {
    pub(crate) fn new(writer: Arc<Writer>, progress: Progress) -> Self {
        Self {
            index: IndexPart::new(Arc::clone(&writer)),
            writer,
            working: FuturesOrdered::new(),
            large: None,
            hashes: Hashes::default(),
            tools: Arc::default(),
            buffers: Vec::new(),
            saved: Saved::default(),
            progress,
        }
    }

    /// All that the walk sends, until it has ended.
    pub(crate) async fn run(mut self, mut steps: Receiver<Step>, jobs: usize) -> Result<Saved> {
        let mut ended = false;
        loop {
            if self.working.len() <= jobs {
                if self.next_piece() {
                    continue;
                }
                if !ended {
                    // What is ready is written while the walk looks for more.
                    tokio::select! {
                        biased;
                        step = steps.recv() => match step {
                            Some(step) => self.begin(step),
                            None => ended = true,
                        },
                        Some(done) = self.working.next() => self.write(done?).await?,
                    }
                    continue;
                }
            }
            match self.working.next().await {
                Some(done) => self.write(done?).await?,
                None if ended => break,
                None => {}
            }
        }
        self.index.finish().await?;
        Ok(self.saved)
    }

    fn begin(&mut self, step: Step) {
        match step {
            Step::Batch(batch) => {
                let tools = Arc::clone(&self.tools);
                let (group, buffer) = (batch.group, self.buffer());
                let making = self.writer.make(PART, None, move || {
                    let mut made = with(&tools, |tool| batch.make(tool, buffer));
                    let archive = std::mem::take(&mut made.archive);
                    Ok((Tally::default(), archive, made))
                });
                self.push(async move {
                    let (member, made) = making.await?;
                    Ok(Done::Batch { group, member, made })
                });
            }
            Step::Large(mut large) => match with(&self.tools, |tool| large.head(tool)) {
                Ok(head) => {
                    let compressing = self.writer.compress(PART, None, Tally::default(), head);
                    self.push(async { Ok(Done::Head { member: compressing.await? }) });
                    self.large = Some((Arc::new(*large), 0));
                }
                Err(trouble) => self.push(async { Ok(Done::Trouble(trouble)) }),
            },
            Step::Trouble(trouble) => self.push(async { Ok(Done::Trouble(trouble)) }),
        }
    }

    /// Begins to read one more piece of a large file; false if there is none.
    fn next_piece(&mut self) -> bool {
        let Some((large, number)) = self.large.take() else { return false };
        let last = number + 1 == large.pieces();
        let (source, buffer) = (Arc::clone(&large), self.buffer());
        let reading = self.writer.make(PART, None, move || {
            let piece = source.piece(number, buffer);
            Ok((Tally::default(), piece.bytes, (piece.hash, piece.trouble)))
        });
        let whole = last.then(|| Arc::clone(&large));
        self.push(async move {
            let (member, (hash, trouble)) = reading.await?;
            Ok(Done::Piece { member, hash, trouble, last: whole })
        });
        if !last {
            self.large = Some((large, number + 1));
        }
        true
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_default()
    }

    fn push(&mut self, work: impl Future<Output = Result<Done>> + Send + 'static) {
        self.working.push_back(Box::pin(work));
    }

    async fn write(&mut self, done: Done) -> Result<()> {
        match done {
            Done::Batch { group, member, made } => {
                let buffer = self.writer.append(member).await?;
                self.buffers.push(buffer);
                self.progress.add(made.content);
                self.saved.content += made.content;
                for trouble in made.troubles {
                    self.saved.troubles.add(trouble);
                }
                self.index.add(group, &made.lines).await
            }
            Done::Head { member } => self.writer.append(member).await.map(drop),
            Done::Piece { member, hash, trouble, last } => {
                let buffer = self.writer.append(member).await?;
                self.progress.add(buffer.len() as u64);
                self.buffers.push(buffer);
                self.hashes.add(hash);
                if let Some(trouble) = trouble {
                    self.saved.troubles.add(trouble);
                }
                if let Some(large) = last {
                    let hash = std::mem::take(&mut self.hashes).finish();
                    self.saved.content += large.size();
                    self.index.add(large.group, &large.line(hash)).await?;
                }
                Ok(())
            }
            Done::Trouble(trouble) => {
                self.saved.troubles.add(trouble);
                Ok(())
            }
        }
    }
}

fn with<T>(tools: &Mutex<Vec<Attributer>>, work: impl FnOnce(&mut Attributer) -> T) -> T {
    let mut tool = lock(tools).pop().unwrap_or_else(Attributer::new);
    let done = work(&mut tool);
    lock(tools).push(tool);
    done
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
