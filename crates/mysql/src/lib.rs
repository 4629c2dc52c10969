//! How every program connects to MySQL and MariaDB: `MYSQL_*` settings, TLS, waiting, errors.
//!
//! Says yes where the `mysql` command says yes, so that what works there works here; but `localhost`
//! is a host like others, and a socket is used where one is named.

mod client;
mod endpoint;
mod explain;
pub mod quote;
mod settings;
mod tls;
mod url;
mod version;

pub use client::{Client, Killer, kill};
pub use endpoint::Endpoint;
pub use explain::{code, explain};
pub use mysql_async::Error as ServerError;
pub use mysql_async::{Row, Value};
pub use settings::{MySettings, SslMode};
pub use version::Version;
