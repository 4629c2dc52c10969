//! The same promises in a directory and in two S3 servers that nobody wrote together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "suite/abroad.rs"]
mod abroad;
#[path = "suite/behaviour.rs"]
mod behaviour;
#[path = "suite/failures.rs"]
mod failures;
#[path = "suite/faults.rs"]
mod faults;
#[path = "suite/kinds.rs"]
mod kinds;
#[path = "suite/sweeping.rs"]
mod sweeping;
