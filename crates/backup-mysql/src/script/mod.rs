//! SQL text as the stock clients read it: what may go into our file, and where its statements end.
//!
//! Written by hand because the promise is about the clients' own scanners, not about SQL: a general
//! SQL parser agrees with a server, and differs from the clients just where it is dangerous.

pub(crate) mod account;
mod definer;
pub(crate) mod gate;
mod lexer;
mod reading;
pub(crate) use reading::Mode;
pub(crate) mod statements;
mod tokens;
