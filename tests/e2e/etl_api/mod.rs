//! `etl-api` between a server of HTTP that does whatever a test wants and real databases: what the table holds is
//! compared with what SQL makes of the same JSON.

mod failing;
mod hostile;
mod image;
mod incremental;
mod mapping;
mod pages;
mod rejects;
mod server;
mod settings;
mod shape;
mod twice;
mod vanished;
mod world;
