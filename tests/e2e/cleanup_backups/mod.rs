//! `cleanup-backups` over stores of many backups: one is real, and the others bear its bytes.

mod hostile;
mod image;
mod keeping;
mod s3;
mod shelf;
mod wrong_use;
