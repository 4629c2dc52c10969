//! `backup-postgres` against real servers, judged by `pg_dump` and `psql`.

mod built_in;
mod consistency;
mod contrib;
mod corpus;
mod globals;
mod judge;
mod normaliser;
mod options;
mod oracle;
mod refused;
mod store;
