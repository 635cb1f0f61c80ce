//! The client against permissions-server, and both against the API reference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "failed assumptions fail the test"
)]

mod documented;
mod listing;
mod requests;
mod sharing;

use permissions_ext::{CheckpointId, Client, Permissions, ProjectId};
use permissions_server::Server;
use permissions_tests::RecordingPeer;

/// The checkpoint in the API reference.
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

/// Returns the permissions of [`checkpoint`] on the server.
fn permissions(server: &Server) -> Permissions {
    client(server).permissions(checkpoint()).unwrap()
}

/// Returns a client of a peer that records requests.
fn recorded_client(peer: &RecordingPeer) -> Client {
    Client::builder()
        .admin_key("sk-admin-recorded")
        .base_url(peer.base_url())
        .build()
        .unwrap()
}

/// Returns the permissions of [`checkpoint`] on a peer that records requests.
fn recorded_permissions(peer: &RecordingPeer) -> Permissions {
    recorded_client(peer).permissions(checkpoint()).unwrap()
}

/// Returns an HTTP client for requests without permissions-ext.
fn http_client() -> reqwest::Client {
    // permissions-ext enables TLS in reqwest without a default provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
