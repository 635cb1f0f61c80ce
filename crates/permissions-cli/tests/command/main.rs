//! Tests of the binary against a server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access;
mod audit;
mod deletion;
#[cfg(unix)]
mod documents;
mod everyday;
mod gateway;
mod help;
#[cfg(unix)]
mod interrupted;
mod mistakes;
mod names;
#[cfg(target_os = "linux")]
mod nowhere;
mod official;
mod plans;
mod proxy;
mod settings;
mod support;
#[cfg(unix)]
mod tables;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod transcript;
mod words;
