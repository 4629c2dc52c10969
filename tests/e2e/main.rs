//! End-to-end tests, one module a task.
