//! The GitHub action: its scripts, the example workflow, and the files that workflows refer to.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod example;
mod files;
mod flags;
mod install;
mod script;
mod service;
mod support;
