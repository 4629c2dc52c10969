//! Work that others do for us, on a thread or in a task of the runtime: a panic there is a panic here,
//! and what has no end was ended because the program stops.

use crate::{Error, Result};
use tokio::task::{JoinError, spawn_blocking};

/// Begins at once, on a thread where waiting does no harm.
pub fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    let work = spawn_blocking(work);
    async { joined(work.await)? }
}

/// What came of such work.
pub fn joined<T>(ended: Result<T, JoinError>) -> Result<T> {
    match ended {
        Ok(outcome) => Ok(outcome),
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_) => Err(Error::stopped()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    #[tokio::test]
    async fn the_outcome_is_that_of_the_work() {
        assert_eq!(blocking(|| Ok(7)).await.unwrap(), 7);
        let failed = blocking(|| Err::<(), _>(Error::usage("no"))).await;
        assert_eq!(failed.unwrap_err().exit(), Exit::Usage);
        let ended = tokio::spawn(std::future::pending::<()>());
        ended.abort();
        assert_eq!(joined(ended.await).unwrap_err().exit(), Exit::Stopped);
    }

    #[tokio::test]
    #[should_panic(expected = "out of order")]
    async fn a_panic_is_not_taken_for_a_stop() {
        let work = tokio::spawn(async { panic!("out of order") });
        let _ = joined::<()>(work.await);
    }
}
