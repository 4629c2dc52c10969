//! The life of a process: work, stop, report, exit. Nobody else prints or exits.

use crate::http::Http;
use crate::list::List;
use crate::metrics::Metrics;
use crate::notify::Notices;
use crate::outcome::Outcome;
use crate::ping::Ping;
use crate::{
    Context, Error, Exit, Report, Result, Task, TaskSettings, log, report, show, signals,
    termination,
};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

/// How long stopped work may clean up; the rest of the 5 s is for saying so.
const CLEAN_UP: Duration = Duration::from_secs(4);
/// How long the same may take where no signal came.
const PATIENCE: Duration = Duration::from_mins(1);
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Spawned tasks get a moment to be dropped, and with them what is partial to be removed.
const LEFTOVERS: Duration = Duration::from_millis(200);

/// Does the work and tells the truth about it: log, stdout, exit code, metrics, notices.
pub fn run(
    name: &'static str,
    settings: &TaskSettings,
    work: impl AsyncFnOnce(Task) -> Result<Report>,
) -> ExitCode {
    log::start(settings);
    // The default hook prints several lines that are no log lines.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic: {}", message(panic.payload()));
    }));
    let started = Instant::now();
    let ready = Builder::new_multi_thread()
        .enable_all()
        .build()
        .failed(|| "cannot start threads".to_owned())
        .and_then(|runtime| Ok((runtime, signals::watch(settings.termination_log.clone())?)));
    let exit = match ready {
        Ok((runtime, stopping)) => {
            let exit = runtime.block_on(live(name, settings, started, stopping, work));
            runtime.shutdown_timeout(LEFTOVERS);
            exit
        }
        Err(error) => {
            let mut outcome = Outcome::new(name, Err(error), false, started.elapsed());
            say(settings, &List::new(settings.output), &mut outcome)
        }
    };
    ExitCode::from(exit as u8)
}

async fn live(
    name: &'static str,
    settings: &TaskSettings,
    started: Instant,
    stopping: CancellationToken,
    work: impl AsyncFnOnce(Task) -> Result<Report>,
) -> Exit {
    let end = |result| Outcome::new(name, result, stopping.is_cancelled(), started.elapsed());
    let task = Task::new(settings, stopping.clone());
    let outside = match Outside::open(name, settings) {
        Ok(outside) => outside,
        Err(error) => return say(settings, task.list(), &mut end(Err(error))),
    };
    let work = async {
        let mut overtime = pin!(overtime(&stopping));
        let result = guarded(async { work(task.clone()).await }, overtime.as_mut()).await;
        if let Some(result) = result {
            cleaned(&task, overtime).await;
            return end(result);
        }
        end(Err(Error::stopped().because("the work did not stop in time")))
    };
    // The ping of the start is under way while the work begins, and out before that of the end.
    let (mut outcome, ()) = tokio::join!(work, in_time(&stopping, outside.started()));
    let exit = say(settings, task.list(), &mut outcome);
    outside.file(&outcome);
    in_time(&stopping, outside.ended(&outcome)).await;
    exit
}

/// Ends when the work and its clean-up have had their time after a signal.
async fn overtime(stopping: &CancellationToken) {
    stopping.cancelled().await;
    tokio::time::sleep(CLEAN_UP).await;
}

/// A panic is an error like any other, and after a signal there is little time: then there is no
/// result.
async fn guarded(
    work: impl Future<Output = Result<Report>>,
    overtime: Pin<&mut impl Future<Output = ()>>,
) -> Option<Result<Report>> {
    tokio::select! {
        result = AssertUnwindSafe(work).catch_unwind() => Some(result.unwrap_or_else(|panic| {
            Err(Error::failed(format!("the program has a bug: {}", message(&*panic))))
        })),
        () = overtime => None,
    }
}

/// Waits for what is partial to be removed.
async fn cleaned(task: &Task, overtime: Pin<&mut impl Future<Output = ()>>) {
    tokio::select! {
        () = task.cleaned() => {}
        () = overtime => tracing::warn!("no time to remove all that is partial: the next run will"),
        () = tokio::time::sleep(PATIENCE) => {
            tracing::warn!("gave up removing what is partial: the next run will");
        }
    }
}

/// Lets go of `sending` when a signal came and time is short.
async fn in_time(stopping: &CancellationToken, sending: impl Future<Output = ()>) {
    let short = async {
        stopping.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = sending => {}
        () = short => tracing::warn!("no time to send all metrics, notices and pings"),
    }
}

/// stdout, termination log, log: what needs no network. A result that cannot be printed is a
/// failure.
fn say(settings: &TaskSettings, list: &List, outcome: &mut Outcome) -> Exit {
    let printed = match (&outcome.report, &outcome.error) {
        (Some(report), _) => report.print(settings.output, list),
        (None, error) => {
            let error = error.as_deref().unwrap_or_default();
            report::print_failure(settings.output, list, outcome.task, outcome.exit, error)
        }
    };
    if let (Err(error), true) = (printed, outcome.success()) {
        outcome.exit = Exit::Failed;
        outcome.error = Some(format!("cannot print the result: {error}"));
    }
    let took = show::duration(outcome.took);
    let summary = outcome.summary();
    match &outcome.error {
        None => tracing::info!(%took, "{}", if summary.is_empty() { "done" } else { summary }),
        Some(error) => {
            termination::write(&settings.termination_log, error);
            if !summary.is_empty() {
                tracing::info!("{summary}");
            }
            tracing::error!(%took, exit_code = outcome.exit as u8, "{error}");
        }
    }
    outcome.exit
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic")
}

/// Who hears of it outside of the process. A dry run is for its caller alone: a dead man's switch
/// must not take it for the real thing.
struct Outside {
    metrics: Metrics,
    notices: Notices,
    ping: Ping,
    http: Option<Http>,
    silent: bool,
}

impl Outside {
    fn open(name: &str, settings: &TaskSettings) -> Result<Self> {
        let metrics = Metrics::open(name, settings)?;
        let notices = Notices::open(settings)?;
        let ping = Ping::open(settings)?;
        let silent = settings.dry_run;
        // Most runs on a laptop need none, and reading the roots takes its time.
        let needed = metrics.needs_http() || notices.needs_http() || ping.needs_http();
        let http = if needed && !silent { Some(Http::new()?) } else { None };
        Ok(Self { metrics, notices, ping, http, silent })
    }

    async fn started(&self) {
        if let Some(http) = &self.http {
            self.ping.start(http).await;
        }
    }

    fn file(&self, outcome: &Outcome) {
        if !self.silent {
            self.metrics.write(outcome);
        }
    }

    async fn ended(&self, outcome: &Outcome) {
        if let Some(http) = &self.http {
            tokio::join!(
                self.metrics.push(http, outcome),
                self.notices.send(http, outcome),
                self.ping.end(http, outcome.success()),
            );
        }
    }
}
