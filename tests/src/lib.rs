//! Journeys across crates: helpers shared by the end-to-end tests.

mod difference;
mod program;

pub use difference::assert_same;
pub use program::{outside, program};
