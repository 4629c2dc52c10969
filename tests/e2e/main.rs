//! End-to-end tests, one module a task.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod backup_mysql;
mod backup_postgres;
mod backup_volume;
mod cleanup_backups;
mod drill;
mod etl_api;
mod etl_sales;
mod house;
mod image;
mod manifests;
mod sync_s3;
