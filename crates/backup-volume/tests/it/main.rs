//! What the program does with trees and stores, judged by others: GNU tar, and a walk in Python.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod chain;
mod changing;
mod damage;
mod ends;
mod entries;
mod hostile;
mod memory;
mod place;
mod wrong_use;
