//! The server over real sockets and a real database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "helpers of tests fail tests"
)]

mod operations;
mod refusals;
mod start;
mod support;
