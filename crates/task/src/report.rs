//! What a task hands back when it is done, and how it goes to stdout.

use crate::list::List;
use crate::{Error, Exit, Output};
use serde_json::{Value, json};
use std::io::{self, ErrorKind, Write};

/// What was done: for the last log line, for stdout, for metrics and notices.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub items: u64,
    pub bytes: u64,
    /// One line: what was done, and how much.
    pub summary: String,
    /// What `--output json` prints: an object.
    pub json: Value,
    /// What is printed otherwise.
    pub table: String,
    /// The names of items that failed: exit code 4 if there are any.
    pub incomplete: Vec<String>,
}

impl Report {
    /// The error that a task done in part ends with.
    pub(crate) fn shortfall(&self) -> Option<Error> {
        if self.incomplete.is_empty() {
            return None;
        }
        let (count, names) = (self.incomplete.len(), self.incomplete.join(", "));
        Some(Error::new(Exit::Partial, format!("{count} failed: {names}")))
    }

    pub(crate) fn print(&self, output: Output, list: &List) -> io::Result<()> {
        let mut json = self.json.clone();
        if let (Value::Object(fields), false) = (&mut json, self.incomplete.is_empty()) {
            fields.entry("incomplete").or_insert_with(|| json!(self.incomplete));
        }
        if list.end(&self.table, &json)? {
            return Ok(());
        }
        match output {
            Output::Table => print(&self.table),
            Output::Json => print(&json.to_string()),
        }
    }
}

/// A failure leaves nothing for people on stdout: they read it in the log.
pub(crate) fn print_failure(
    output: Output,
    list: &List,
    task: &str,
    exit: Exit,
    error: &str,
) -> io::Result<()> {
    let json = json!({ "task": task, "error": error, "exit_code": exit as u8 });
    if list.end("", &json)? {
        return Ok(());
    }
    match output {
        Output::Table => Ok(()),
        Output::Json => print(&json.to_string()),
    }
}

/// A reader that had enough (`| head`) is none of our failures.
fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    let line_end = if text.ends_with('\n') { "" } else { "\n" };
    let written = write!(stdout, "{text}{line_end}").and_then(|()| stdout.flush());
    written.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}
