//! The three operations against the real server.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use futures_util::TryStreamExt as _;
use permissions_ext::{
    CheckpointId, Client, Order, Permission, Permissions, ProjectId, RetryPolicy,
};
use permissions_server::{Fault, Faults, Server};

struct World {
    server: Server,
    permissions: Permissions,
}

async fn world() -> World {
    let server = Server::start().await.unwrap();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .build()
        .unwrap();
    let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
        .parse()
        .unwrap();
    World {
        permissions: client.permissions(&checkpoint),
        server,
    }
}

fn projects(numbers: std::ops::Range<usize>) -> Vec<ProjectId> {
    numbers
        .map(|n| format!("proj_{n}").parse().unwrap())
        .collect()
}

fn of<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> Vec<&'a str> {
    permissions
        .into_iter()
        .map(|permission| permission.project_id.as_str())
        .collect()
}

#[tokio::test]
async fn created_permissions_are_listed_and_deleted() {
    let world = world().await;

    let created = world
        .permissions
        .create(projects(0..5))
        .send()
        .await
        .unwrap();
    assert_eq!(
        of(created.created()),
        ["proj_0", "proj_1", "proj_2", "proj_3", "proj_4"]
    );
    assert_eq!(created.existing().count(), 0);

    let list = world
        .permissions
        .list()
        .page_size(2)
        .order(Order::Ascending);
    let listed: Vec<Permission> = list.clone().all().await.unwrap();
    assert_eq!(
        of(&listed),
        ["proj_0", "proj_1", "proj_2", "proj_3", "proj_4"]
    );
    let pages: Vec<_> = list.pages().try_collect().await.unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.data().len())
            .collect::<Vec<_>>(),
        [2, 2, 1]
    );

    let deleted = world
        .permissions
        .delete(&listed[1].id)
        .send()
        .await
        .unwrap();
    assert!(!deleted.already_gone);
    world
        .permissions
        .delete_project("proj_3")
        .send()
        .await
        .unwrap();
    let left: Vec<Permission> = world.permissions.list().all().await.unwrap();
    assert_eq!(of(&left), ["proj_4", "proj_2", "proj_0"]);
    world.server.shutdown().await;
}

#[tokio::test]
async fn client_survives_faults_of_embedded_server() {
    let faults = [Some(Fault::DropAfter), None, Some(Fault::Status(503))];
    let builder = Server::builder().faults(Faults::in_turn(faults));
    let server = builder.start().await.unwrap();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .retry(RetryPolicy::new().initial_delay(Duration::from_millis(1)));
    let client = client.build().unwrap();
    let permissions = client.permissions("ft:a");

    let created = permissions.create(projects(0..3)).send().await.unwrap();
    assert_eq!(created.len(), 3);
    let listed: Vec<Permission> = permissions.list().all().await.unwrap();
    assert_eq!(of(&listed), ["proj_2", "proj_1", "proj_0"]);
}

#[tokio::test]
async fn second_create_keeps_request_order() {
    let world = world().await;
    world
        .permissions
        .create(projects(1..3))
        .send()
        .await
        .unwrap();

    let created = world
        .permissions
        .create(projects(0..4).into_iter().rev().chain(projects(0..1)))
        .send()
        .await
        .unwrap();

    assert_eq!(of(created.created()), ["proj_3", "proj_0"]);
    assert_eq!(of(created.existing()), ["proj_2", "proj_1"]);
    assert_eq!(of(created.iter()), ["proj_3", "proj_2", "proj_1", "proj_0"]);
}

#[tokio::test]
async fn unknown_permission_and_wrong_key_have_different_kinds() {
    let world = world().await;
    let id = "cp_zc4Q7MP6XxulcVzj4MZdwsAB".parse().unwrap();

    let unknown = world.permissions.delete(&id).send().await.unwrap_err();
    assert!(unknown.kind() == ErrorKind::NotFound, "{unknown}");
    assert_eq!(unknown.status(), Some(404));
    assert!(unknown.request_id().is_some());

    let stranger = Client::builder()
        .admin_key("sk-admin-of-someone-else")
        .base_url(world.server.base_url());
    let stranger = stranger
        .build()
        .unwrap()
        .permissions(world.permissions.checkpoint());
    let refused = stranger.list().send().await.unwrap_err();
    assert!(refused.kind() == ErrorKind::Unauthorized, "{refused}");
    assert!(!format!("{refused} {refused:?}").contains("sk-admin-of-someone-else"));
}

#[tokio::test]
async fn delete_project_without_permissions_succeeds() {
    let world = world().await;
    let deleted = world
        .permissions
        .delete_project("proj_0")
        .send()
        .await
        .unwrap();
    assert!(deleted.is_empty());
}
