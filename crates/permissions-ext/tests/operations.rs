//! The operations against permissions-server.
#![allow(clippy::unwrap_used, reason = "failed assumptions fail the test")]

use std::time::Duration;

use futures_util::TryStreamExt as _;
use permissions_ext::{
    CheckpointId, Client, ErrorKind, Order, Permission, Permissions, ProjectId, RetryPolicy,
};
use permissions_server::{Fault, Faults, Server};

struct Setup {
    server: Server,
    permissions: Permissions,
}

async fn set_up() -> Setup {
    let server = Server::start().await.unwrap();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .build()
        .unwrap();
    let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
        .parse()
        .unwrap();
    Setup {
        permissions: client.permissions(checkpoint).unwrap(),
        server,
    }
}

fn projects(numbers: std::ops::Range<usize>) -> Vec<ProjectId> {
    numbers
        .map(|n| format!("proj_{n}").parse().unwrap())
        .collect()
}

fn project_ids<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> Vec<&'a str> {
    permissions
        .into_iter()
        .map(|permission| permission.project_id.as_str())
        .collect()
}

#[tokio::test]
async fn created_permissions_are_listed_and_deleted() {
    let setup = set_up().await;

    let created = setup
        .permissions
        .create(projects(0..5))
        .send()
        .await
        .unwrap();
    assert_eq!(
        project_ids(created.iter()),
        ["proj_0", "proj_1", "proj_2", "proj_3", "proj_4"]
    );
    assert!(created.new_permissions().is_none());

    let list = setup
        .permissions
        .list()
        .page_size(2)
        .order(Order::Ascending);
    let listed: Vec<Permission> = list.clone().all().await.unwrap();
    assert_eq!(
        project_ids(&listed),
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

    let deleted = setup
        .permissions
        .delete(&listed[1].id)
        .send()
        .await
        .unwrap();
    assert!(!deleted.already_gone);
    setup
        .permissions
        .delete_project("proj_3")
        .send()
        .await
        .unwrap();
    let left: Vec<Permission> = setup.permissions.list().all().await.unwrap();
    assert_eq!(project_ids(&left), ["proj_4", "proj_2", "proj_0"]);
    setup.server.shutdown().await;
}

#[tokio::test]
async fn calls_succeed_despite_faults_of_embedded_server() {
    let faults = [Some(Fault::DropAfter), None, Some(Fault::Status(503))];
    let builder = Server::builder().faults(Faults::in_turn(faults));
    let server = builder.start().await.unwrap();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .retry(RetryPolicy::new().initial_delay(Duration::from_millis(1)));
    let client = client.build().unwrap();
    let permissions = client.permissions("ft:a").unwrap();

    let created = permissions.create(projects(0..3)).send().await.unwrap();
    assert_eq!(created.len(), 3);
    let listed: Vec<Permission> = permissions.list().all().await.unwrap();
    assert_eq!(project_ids(&listed), ["proj_2", "proj_1", "proj_0"]);
}

#[tokio::test]
async fn second_create_returns_permissions_in_request_order() {
    let setup = set_up().await;
    setup
        .permissions
        .create(projects(1..3))
        .send()
        .await
        .unwrap();

    let created = setup
        .permissions
        .create(projects(0..4).into_iter().rev().chain(projects(0..1)))
        .read_first(true)
        .send()
        .await
        .unwrap();

    assert_eq!(
        project_ids(created.new_permissions().unwrap()),
        ["proj_3", "proj_0"]
    );
    assert_eq!(
        project_ids(created.iter()),
        ["proj_3", "proj_2", "proj_1", "proj_0"]
    );
}

#[tokio::test]
async fn unknown_permission_and_wrong_key_have_different_kinds() {
    let setup = set_up().await;
    let id = "cp_zc4Q7MP6XxulcVzj4MZdwsAB";

    let unknown = setup.permissions.delete(id).send().await.unwrap_err();
    assert!(unknown.kind() == ErrorKind::NotFound, "{unknown}");
    assert_eq!(unknown.status(), Some(404));
    assert!(unknown.request_id().is_some());

    let other = Client::builder()
        .admin_key("sk-admin-unknown")
        .base_url(setup.server.base_url());
    let other = other
        .build()
        .unwrap()
        .permissions(setup.permissions.checkpoint())
        .unwrap();
    let refused = other.list().send().await.unwrap_err();
    assert!(refused.kind() == ErrorKind::Unauthorized, "{refused}");
    assert!(!format!("{refused} {refused:?}").contains("sk-admin-unknown"));
}

#[tokio::test]
async fn delete_project_without_permissions_succeeds() {
    let setup = set_up().await;
    let deleted = setup
        .permissions
        .delete_project("proj_0")
        .send()
        .await
        .unwrap();
    assert!(deleted.is_empty());
}

#[tokio::test]
async fn projects_of_server_are_listed_with_names() {
    let server = Server::builder()
        .project("proj_1", "Forecast")
        .archived_project("proj_2", "Maps");
    let server = server.start().await.unwrap();
    let client = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url());
    let client = client.build().unwrap();

    let active = client.projects().all().await.unwrap();
    let list = client.projects().include_archived(true).page_size(1);
    let mut all = list.all().await.unwrap();

    assert_eq!(active.len(), 1);
    assert_eq!(active[0].name.as_deref(), Some("Forecast"));
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let archived: Vec<_> = all
        .iter()
        .map(|it| (it.id.as_str(), it.is_archived()))
        .collect();
    assert_eq!(archived, [("proj_1", false), ("proj_2", true)]);
}
