//! The server over real sockets and a real database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "helpers of tests fail tests"
)]

mod comforts;
mod command;
mod crowd;
mod disk;
mod durability;
mod edges;
mod failover;
mod operations;
mod paging;
mod place;
mod postgres;
mod process;
mod refusals;
mod sdks;
mod security;
mod serving;
mod shared;
mod start;
mod support;
