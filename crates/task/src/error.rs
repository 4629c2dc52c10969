//! One error type for the whole house: a message, its cause, and the exit code it leads to.
//!
//! The exit code is part of every error from where it arises, because Kubernetes acts on it.

use std::error::Error as StdError;
use std::fmt;

/// What the process says to whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Done = 0,
    /// It failed, and a retry may help: network, server away, time-out.
    Failed = 1,
    /// Wrong use, configuration or permission: no retry helps.
    Usage = 2,
    /// What was read back is not what was written, or an artifact is damaged.
    Integrity = 3,
    /// Some items failed, each of them named.
    Partial = 4,
    /// Told to stop by a signal.
    Stopped = 143,
}

/// An error that knows its exit code. `{}` prints the message alone, `{:#}` the chain of causes.
pub struct Error {
    exit: Exit,
    message: String,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), cause: None }
    }

    /// A retry may help.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// No retry helps: the settings, the use or the permissions are wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Bytes are not what they should be.
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::new(Exit::Integrity, message)
    }

    /// A signal told us to stop.
    pub fn stopped() -> Self {
        Self::new(Exit::Stopped, "told to stop")
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.message))?;
        if f.alternate() {
            let mut said = self.message.clone();
            let mut cause = self.source();
            while let Some(error) = cause {
                let text = error.to_string();
                // Many libraries print their cause in their own message: say it once.
                if !said.ends_with(&text) {
                    write!(f, ": {}", one_line(&text))?;
                }
                said = text;
                cause = error.source();
            }
        }
        Ok(())
    }
}

/// Names come from outside: one with a line end must not look like two lines of the log.
fn one_line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, character| {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
        line
    })
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#} (exit code {})", self.exit as u8)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

/// Puts a message and an exit code around a foreign error, or a message around one of ours.
pub trait Context<T> {
    fn failed(self, message: impl FnOnce() -> String) -> Result<T>;
    fn usage(self, message: impl FnOnce() -> String) -> Result<T>;
    fn integrity(self, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> Context<T> for Result<T, E> {
    fn failed(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Error::failed(message()).because(cause))
    }

    fn usage(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Error::usage(message()).because(cause))
    }

    fn integrity(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Error::integrity(message()).because(cause))
    }
}

/// Adds what we were doing and keeps the exit code.
pub trait While<T> {
    fn during(self, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T> While<T> for Result<T> {
    fn during(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Error::new(cause.exit, message()).because(cause))
    }
}
