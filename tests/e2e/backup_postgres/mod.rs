//! `backup-postgres` against real servers, judged by `pg_dump` and `psql`.

mod built_in;
mod changed;
mod consistency;
mod contrib;
mod corpus;
mod encryption;
mod globals;
mod hidden;
mod image;
mod judge;
mod large_objects;
mod normaliser;
mod options;
mod oracle;
mod random;
mod s3;
mod store;
mod stores;
