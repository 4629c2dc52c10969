//! A result too long to be held: it goes to stdout item by item, and what else is to be said of it
//! follows. With `--output json` it is one object all the same, whatever comes of the task.

use crate::{Error, Output, Result};
use serde_json::Value;
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct List {
    output: Output,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    begun: bool,
    items: u64,
    out: Option<BufWriter<Stdout>>,
    /// Nobody reads any more.
    deaf: bool,
}

impl List {
    pub(crate) fn new(output: Output) -> Self {
        Self { output, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing may be printed before; `key` is what the list is called in JSON.
    pub(crate) fn begin(&self, key: &str) -> Result<()> {
        let mut state = self.state();
        state.begun = true;
        state.out = Some(BufWriter::with_capacity(64 << 10, io::stdout()));
        match self.output {
            Output::Table => Ok(()),
            Output::Json => state.write(&format!("{{{}:[", Value::from(key))),
        }
    }

    /// One line, or one value.
    pub(crate) fn item(
        &self,
        line: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<()> {
        let mut state = self.state();
        let comma = if state.items > 0 { "," } else { "" };
        state.items += 1;
        match self.output {
            Output::Table => state.write(&format!("{}\n", one_line(&line()))),
            Output::Json => state.write(&format!("{comma}{}", json())),
        }
    }

    /// What follows the list: the rest of an object, or text. False if there was no list.
    pub(crate) fn end(&self, text: &str, json: &Value) -> io::Result<bool> {
        let mut state = self.state();
        if !state.begun {
            return Ok(false);
        }
        let rest = match (self.output, json) {
            (Output::Table, _) => text.to_owned(),
            (Output::Json, Value::Object(fields)) if !fields.is_empty() => {
                format!("],{}\n", &json.to_string()[1..])
            }
            (Output::Json, _) => "]}\n".to_owned(),
        };
        state.put(&rest)?;
        state.flush()?;
        Ok(true)
    }
}

impl State {
    fn write(&mut self, text: &str) -> Result<()> {
        self.put(text).map_err(|cause| Error::failed("cannot print the list").because(cause))
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        let written = match &mut self.out {
            Some(out) if !self.deaf => out.write_all(text.as_bytes()),
            _ => Ok(()),
        };
        self.heard(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.out {
            Some(out) if !self.deaf => out.flush(),
            _ => Ok(()),
        };
        self.heard(flushed)
    }

    /// A reader that had enough (`| head`) is none of our failures.
    fn heard(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.deaf = true;
                Ok(())
            }
            result => result,
        }
    }
}

/// Names come from outside, and cannot break a line.
fn one_line(line: &str) -> String {
    if !line.contains(char::is_control) {
        return line.to_owned();
    }
    let escaped = |c: char| c.is_control().then(|| c.escape_default().to_string());
    line.chars().map(|c| escaped(c).unwrap_or_else(|| c.to_string())).collect()
}
