//! `backup-postgres` against real servers, judged by `pg_dump` and `psql`.

mod consistency;
mod corpus;
mod judge;
mod normaliser;
mod options;
mod oracle;
mod refused;
mod store;
