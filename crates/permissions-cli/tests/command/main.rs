//! The real binary against a real server, as people and scripts use it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what stands in the way of a test fails it"
)]

mod access;
mod audit;
mod everyday;
mod gateway;
mod help;
#[cfg(unix)]
mod interrupted;
mod mistakes;
#[cfg(target_os = "linux")]
mod nowhere;
mod official;
mod settings;
mod support;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod transcript;
