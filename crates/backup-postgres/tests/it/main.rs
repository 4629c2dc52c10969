//! The program as a process against real servers, when things go wrong: whatever happens, nothing
//! false is ever listed, nothing is left behind, and the exit code tells the truth.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod access;
mod changing;
mod connection;
mod damage;
mod databases;
mod dry_run;
mod full_disk;
mod full_server;
mod guard;
mod hasty;
mod killing;
mod manifest;
mod retention;
mod secrets;
mod standby;
mod stopping;
mod store;
mod wrong_use;
