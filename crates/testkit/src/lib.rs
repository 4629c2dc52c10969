//! Real servers for tests, and the vendors' own tools to judge what we made.
//!
//! A test asks for a server and gets a running one; nothing outlives the test's process. What is
//! not installed fails the test with the line that installs it. All is blocking, for tests only.

mod browser;
mod cache;
mod daemon;
mod damage;
mod database;
mod disk;
mod docker;
pub mod faults;
mod kubernetes;
mod mysql;
mod postgres;
mod proxy;
mod running;
mod s3;
mod schema;
mod server;
mod tools;
mod weather;

pub use browser::{Browser, View};
pub use cache::{installed, programs};
pub use damage::{Damage, dense};
pub use database::Database;
pub use disk::Disk;
pub use docker::Docker;
pub use kubernetes::{Kubernetes, kubectl};
pub use mysql::{Mysql, programs_of};
pub use postgres::{Postgres, Settings};
pub use proxy::{Fault, Proxy};
pub use running::{Running, moments};
pub use s3::S3;
pub use schema::Schema;
pub use tools::{Ran, copy_program, judge, run};
pub use weather::{Trouble, Weather};
