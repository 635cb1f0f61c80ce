//! The blocking client against the real server, outside and inside a runtime.
#![cfg(feature = "blocking")]
#![allow(clippy::unwrap_used, reason = "a test may")]

use permissions_ext::blocking::Permissions;
use permissions_ext::{Client, Desired, Permission};
use permissions_server::Server;
use tokio::runtime::Runtime;

/// A server that runs elsewhere, and a blocking way to it.
fn world() -> (Runtime, Server, Permissions) {
    let elsewhere = Runtime::new().unwrap();
    let server = elsewhere.block_on(Server::start()).unwrap();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url());
    let permissions = client
        .build_blocking()
        .unwrap()
        .permissions(&"ft:a".parse().unwrap());
    (elsewhere, server, permissions)
}

fn the_three_operations(permissions: &Permissions) {
    let projects = (0..5).map(|n| format!("proj_{n}").parse().unwrap());
    assert_eq!(
        permissions
            .create(projects)
            .send()
            .unwrap()
            .created()
            .count(),
        5
    );
    let all: Vec<Permission> = permissions
        .list()
        .page_size(2)
        .stream()
        .map(Result::unwrap)
        .collect();
    assert_eq!(all.len(), 5);
    assert_eq!(permissions.list().page_size(2).pages().count(), 3);
    permissions.delete(&all[0].id).send().unwrap();
    assert!(
        permissions
            .delete(&all[0].id)
            .send()
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(
        permissions
            .delete_project(&all[1].project_id)
            .send()
            .unwrap()
            .len(),
        1
    );
}

// Row 63.
#[test]
fn the_three_operations_work_outside_a_runtime() {
    let (_elsewhere, _server, permissions) = world();
    the_three_operations(&permissions);
}

#[test]
fn the_three_operations_work_inside_a_runtime_which_may_drop_the_client_too() {
    let (_elsewhere, _server, permissions) = world();
    Runtime::new().unwrap().block_on(async move {
        the_three_operations(&permissions);
        drop(permissions);
    });
}

#[test]
fn plans_and_audits_work_too() {
    let (_elsewhere, server, permissions) = world();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .build_blocking()
        .unwrap();
    let checkpoint = permissions.checkpoint().clone();
    let desired = Desired::new().checkpoint(checkpoint.clone(), ["proj_1".parse().unwrap()]);
    let plan = client.plan(desired.clone()).send().unwrap();
    assert!(client.apply(plan).send().unwrap().is_complete());
    assert_eq!(
        client.audit([checkpoint]).send().unwrap().snapshot(),
        Some(desired)
    );
}
