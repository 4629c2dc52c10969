//! SQL text as psql reads it: what may go into our file, and where its statements end.
//!
//! Written by hand because the promise is about psql's own scanner (`psqlscan.l`), not about SQL:
//! a general SQL parser agrees with the server, and differs from psql just where it is dangerous.

pub(crate) mod copy;
pub(crate) mod fragment;
mod lexer;
mod nesting;
#[cfg(test)]
mod oracle;
pub(crate) mod statements;
