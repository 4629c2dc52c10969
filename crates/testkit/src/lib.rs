//! Real servers for tests, and the vendors' own tools to judge what we made.
//!
//! A test asks for a server and gets a running one; nothing outlives the test's process. What is
//! not installed fails the test with the line that installs it. All is blocking, for tests only.

mod cache;
mod daemon;
mod database;
mod docker;
mod kubernetes;
mod postgres;
mod server;
mod tools;

pub use database::Database;
pub use docker::Docker;
pub use kubernetes::{Kubernetes, kubectl};
pub use postgres::{Postgres, Settings};
pub use tools::{Ran, judge, run};
