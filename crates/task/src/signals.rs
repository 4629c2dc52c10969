//! SIGTERM and SIGINT: the first stops the work, the second ends the process.
//!
//! They are listened to on a thread of their own, so that a task whose threads are all busy or
//! stuck ends in time all the same.

use crate::{Context, Exit, Result, termination};
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Kubernetes and people expect the end within 5 s of the first signal.
const LIMIT: Duration = Duration::from_millis(4800);

/// The token is cancelled by the first signal from now on.
pub(crate) fn watch(termination_log: PathBuf) -> Result<CancellationToken> {
    let stopping = CancellationToken::new();
    let token = stopping.clone();
    (|| {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (mut terminate, mut interrupt) = {
            let _inside = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        let listen = async move {
            let first = either(&mut terminate, &mut interrupt).await;
            tracing::warn!("told to stop by {first}");
            token.cancel();
            let second = either(&mut terminate, &mut interrupt);
            if tokio::time::timeout(LIMIT, second).await.is_err() {
                tracing::error!("the work did not stop in time");
                termination::write(&termination_log, "told to stop, and did not in time");
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            runtime.block_on(listen);
            end();
        })
    })()
    .failed(|| "cannot listen to signals".to_owned())?;
    Ok(stopping)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[expect(clippy::exit, reason = "the main thread may hang, and this is the way out of that")]
fn end() {
    std::process::exit(Exit::Stopped as i32);
}
