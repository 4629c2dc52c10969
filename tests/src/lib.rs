//! Journeys across crates: helpers shared by the end-to-end tests.
