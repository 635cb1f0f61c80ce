//! The client against the real server, and both against what the API's own pages document.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod documented;
mod listing;
mod requests;
mod sharing;

use permissions_ext::{CheckpointId, Client, ProjectId};
use permissions_server::Server;

/// The checkpoint of the API's own examples.
fn checkpoint() -> CheckpointId {
    "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
        .parse()
        .unwrap()
}

fn project(name: &str) -> ProjectId {
    name.parse().unwrap()
}

fn client(server: &Server) -> Client {
    Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .build()
        .unwrap()
}
