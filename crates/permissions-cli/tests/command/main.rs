//! The real binary against a real server, as people and scripts use it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what stands in the way of a test fails it"
)]

mod access;
mod audit;
mod everyday;
mod help;
mod mistakes;
mod settings;
mod support;
