//! The client against a server that injects faults, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "failed assumptions fail the test"
)]

mod exactly_once;
mod http_client;
mod keys;
mod lists;
mod logs;
mod matrix;
mod positions;
mod projects;
mod rate_limit;
mod requests;
mod responses;
mod retries;
mod scenario;
mod secrets;
mod settings;
mod support;
mod writes;
