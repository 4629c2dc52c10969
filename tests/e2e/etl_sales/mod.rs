//! `etl-sales` over shops of known sales: what it says is compared with what SQL says of the same rows,
//! written otherwise.

mod failing;
mod hostile;
mod image;
mod page;
mod results;
mod rights;
mod s3;
mod settings;
mod shape;
mod shop;
mod twice;
