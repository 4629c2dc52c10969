//! When a request stands still: for so long no byte of it moved, one way or the other. However
//! large a part and however slow the line, it is the standstill that ends it.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::error::Error as StdError;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Sent at once: small enough that sending it is a sign of life.
const PIECE: usize = 64 << 10;

/// Nothing moved for this long.
#[derive(Debug)]
pub(super) struct Idle(Duration);

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no byte moved for {}", task::show::duration(self.0))
    }
}

impl StdError for Idle {}

/// When something was last sent.
#[derive(Clone, Debug)]
pub(super) struct Moved(Arc<Mutex<Instant>>);

impl Moved {
    pub(super) fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work's result, unless it stands still.
    pub(super) async fn watch<T>(
        &self,
        idle: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Idle> {
        let mut work = pin!(work);
        loop {
            let limit = self.last() + idle;
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = sleep_until(limit) => {
                    if self.last() + idle <= Instant::now() {
                        return Err(Idle(idle));
                    }
                }
            }
        }
    }
}

/// A body on its way out.
pub(super) struct Sent<B> {
    body: Pin<Box<B>>,
    /// Taken from the body, and not yet sent.
    rest: Bytes,
    moved: Moved,
}

impl<B> Sent<B> {
    pub(super) fn new(body: B, moved: Moved) -> Self {
        Self { body: Box::pin(body), rest: Bytes::new(), moved }
    }
}

impl<B: Body<Data = Bytes>> Body for Sent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.moved.touch();
        if self.rest.is_empty() {
            match ready!(self.body.as_mut().poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        let piece = PIECE.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        match hint.exact() {
            Some(exact) => hint.set_exact(exact + rest),
            None => hint.set_lower(hint.lower() + rest),
        }
        hint
    }
}

/// A body on its way in.
pub(super) struct Received<B> {
    body: Pin<Box<B>>,
    idle: Duration,
    limit: Pin<Box<Sleep>>,
}

impl<B> Received<B> {
    pub(super) fn new(body: B, idle: Duration) -> Self {
        Self { body: Box::pin(body), idle, limit: Box::pin(sleep(idle)) }
    }
}

impl<B: Body<Data = Bytes>> Body for Received<B>
where
    B::Error: StdError + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = self.body.as_mut().poll_frame(context) {
            let limit = Instant::now() + self.idle;
            self.limit.as_mut().reset(limit);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.limit.as_mut().poll(context));
        Poll::Ready(Some(Err(Idle(self.idle).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_moves_slowly_goes_on_and_what_stands_still_ends() {
        let idle = Duration::from_secs(30);
        let moved = Moved::now();
        let slow = async {
            for _ in 0..10 {
                sleep(idle / 2).await;
                moved.touch();
            }
        };
        moved.watch(idle, slow).await.unwrap();

        let started = Instant::now();
        let error = moved.watch(idle, std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(started.elapsed(), idle);
        assert_eq!(error.to_string(), "no byte moved for 30.0s");
    }
}
