//! Logs go to stderr: readable text for people, JSON lines for machines. stdout is for results.

use crate::progress::BARS;
use crate::{LogFormat, LogLevel, TaskSettings};
use std::fmt;
use std::io::{self, IsTerminal, Write};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) fn start(settings: &TaskSettings) {
    let terminal = io::stderr().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let logs = tracing_subscriber::fmt()
        .with_max_level(level(settings.log_level))
        .with_target(false)
        .with_timer(Utc)
        .with_ansi(colour)
        .with_writer(move || Stderr { terminal });
    // A second start, as in a test that runs two tasks, keeps the first one's.
    let _ = match settings.log_format {
        LogFormat::Text => logs.finish().with(filter_fn(discreet)).try_init(),
        LogFormat::Json => logs
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_ansi(false)
            .finish()
            .with(filter_fn(discreet))
            .try_init(),
    };
}

/// At debug and trace, these libraries would show headers, and with them credentials.
fn discreet(line: &Metadata<'_>) -> bool {
    const TALKATIVE: [&str; 3] = ["aws_", "hyper", "reqwest"];
    *line.level() <= Level::INFO
        || !TALKATIVE.iter().any(|library| line.target().starts_with(library))
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.3}", jiff::Timestamp::now())
    }
}

/// Never fails: a task does not end because nobody reads its log any more.
struct Stderr {
    terminal: bool,
}

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let write = || {
            let _ = io::stderr().write_all(line);
        };
        if self.terminal {
            BARS.suspend(write);
        } else {
            write();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
