//! How every program connects to PostgreSQL: `PG*` settings, passwords, TLS, waiting, errors.
//!
//! Says yes where libpq says yes, so that what works with `psql` works here.

mod client;
mod endpoint;
mod explain;
mod joined;
mod name;
mod passfile;
pub mod quote;
pub mod rows;
mod settings;
mod table;
mod tls;
mod url;
mod wire;

pub use client::{Canceller, Client};
pub use endpoint::Endpoint;
pub use explain::explain;
pub use name::Name;
pub use settings::{PgSettings, SslMode};
pub use table::{Column, Table, creatable};
