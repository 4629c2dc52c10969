//! The contract, seen from outside: the program of `examples/sample.rs` run as a process.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod ends;
mod outside;
mod process;
mod server;
mod settings;
mod stopping;
