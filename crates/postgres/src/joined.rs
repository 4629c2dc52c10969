//! Joins the rows of a COPY: the server sends each as a message of its own, and what a client does
//! per message costs more than reading the rows. Whoever reads from here gets many rows in one
//! message, and everything else as it came.
//!
//! A server also sends what it has by 8 kB, and each time wakes a client that waits. So where rows
//! come and few are there, this sleeps for a moment, with its thread: only on a thread that has
//! nothing else to do does that let more come without a wake-up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// Read at once, at most: more than a socket's buffer holds.
const ROOM: usize = 256 * 1024;
/// From here on it is worth a message.
const ENOUGH: usize = 64 * 1024;
const PAUSE: Duration = Duration::from_micros(500);

/// A message's kind and length; the length counts itself, but not the kind.
const HEAD: usize = 5;
const ROW: u8 = b'd';

pub(crate) struct Joined<S> {
    inner: S,
    phase: Phase,
    /// What came and is not sorted yet, up to `filled`.
    read: Vec<u8>,
    filled: usize,
    /// What is to be handed out, from `taken` on.
    ready: Vec<u8>,
    taken: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The server is asked for TLS and answers with one byte.
    Answer,
    /// Messages. So many bytes of one that is larger than the buffer are still to come.
    Messages { passing: usize },
    /// Somebody else's protocol.
    Opaque,
}

impl<S> Joined<S> {
    /// Of messages from the first byte on.
    pub(crate) fn messages(inner: S) -> Self {
        Self::new(inner, Phase::Messages { passing: 0 })
    }

    /// Of a connection that first asks for TLS.
    pub(crate) fn negotiated(inner: S) -> Self {
        Self::new(inner, Phase::Answer)
    }

    fn new(inner: S, phase: Phase) -> Self {
        Self { inner, phase, read: vec![0; ROOM], filled: 0, ready: Vec::new(), taken: 0 }
    }

    /// Moves what is complete from `read` to `ready`; tells whether a row came last.
    fn sort(&mut self) -> bool {
        let mut at = 0;
        if self.phase == Phase::Answer && self.filled > 0 {
            self.ready.push(self.read[0]);
            at = 1;
            self.phase = match self.read[0] {
                b'N' => Phase::Messages { passing: 0 },
                _ => Phase::Opaque,
            };
        }
        let rows = match self.phase {
            Phase::Messages { passing } => self.sort_messages(&mut at, passing),
            Phase::Answer => false,
            Phase::Opaque => {
                self.ready.extend_from_slice(&self.read[at..self.filled]);
                at = self.filled;
                false
            }
        };
        self.read.copy_within(at..self.filled, 0);
        self.filled -= at;
        rows
    }

    fn sort_messages(&mut self, at: &mut usize, passing: usize) -> bool {
        let passed = passing.min(self.filled - *at);
        self.ready.extend_from_slice(&self.read[*at..*at + passed]);
        *at += passed;
        let mut passing = passing - passed;
        // Where the message begins that rows are joined in.
        let mut open = None;
        while let Some(head) = self.read[*at..self.filled].first_chunk::<HEAD>() {
            let [kind, length @ ..] = *head;
            // Shorter than its own head it is damaged, which the reader will see.
            let length = (u32::from_be_bytes(length) as usize + 1).max(HEAD);
            let there = self.filled - *at;
            if length > there && length <= self.read.len() {
                break;
            }
            let message = &self.read[*at..*at + length.min(there)];
            if kind == ROW && length <= there {
                if open.is_none() {
                    open = Some(self.ready.len());
                    self.ready.extend_from_slice(&[ROW, 0, 0, 0, 0]);
                }
                self.ready.extend_from_slice(&message[HEAD..]);
            } else {
                close(&mut self.ready, open.take());
                self.ready.extend_from_slice(message);
                passing = length - message.len();
            }
            *at += message.len();
        }
        let rows = open.is_some();
        close(&mut self.ready, open);
        self.phase = Phase::Messages { passing };
        rows
    }
}

/// Writes the length of the message that begins at `start`.
fn close(ready: &mut [u8], start: Option<usize>) {
    if let Some(start) = start
        // No more than was read at once.
        && let Ok(length) = u32::try_from(ready.len() - start - 1)
    {
        ready[start + 1..start + HEAD].copy_from_slice(&length.to_be_bytes());
    }
}

impl<S: AsyncRead + Unpin> Joined<S> {
    /// Reads until there is enough, or until nothing more comes. Pending with nothing at all.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.ready.clear();
        self.taken = 0;
        let (mut rows, mut paused) = (false, false);
        while self.ready.len() < ENOUGH {
            let mut room = ReadBuf::new(&mut self.read[self.filled..]);
            match Pin::new(&mut self.inner).poll_read(context, &mut room)? {
                Poll::Ready(()) if room.filled().is_empty() => {
                    // What is left is a part of a message: the reader knows what that means.
                    self.ready.extend_from_slice(&self.read[..self.filled]);
                    self.filled = 0;
                    break;
                }
                Poll::Ready(()) => {
                    self.filled += room.filled().len();
                    rows = self.sort();
                }
                Poll::Pending if rows && !paused => {
                    std::thread::sleep(PAUSE);
                    paused = true;
                }
                Poll::Pending if self.ready.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Joined<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.taken == this.ready.len() {
            if this.phase == Phase::Opaque {
                return Pin::new(&mut this.inner).poll_read(context, out);
            }
            ready!(this.poll_fill(context))?;
        }
        let length = out.remaining().min(this.ready.len() - this.taken);
        out.put_slice(&this.ready[this.taken..this.taken + length]);
        this.taken += length;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Joined<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Joined<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

#[cfg(test)]
mod tests;
