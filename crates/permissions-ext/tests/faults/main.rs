//! The client in a broken server: a server over real sockets that plays every fault of a peer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test may"
)]

mod cell;
mod checklist;
mod exactly_once;
mod matrix;
mod pages;
mod support;
