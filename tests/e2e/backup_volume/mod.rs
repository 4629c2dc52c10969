//! A volume on its way into a store and back, judged by GNU tar and a walk that is none of ours.

mod image;
mod s3;
mod tree;
