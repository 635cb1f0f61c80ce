//! The operations on permissions over a socket.

use crate::database::TestDatabase;
use crate::support::{Client, send};
use reqwest::Method;
use serde_json::{Value, json};

over_every_database!(
    new_checkpoint_has_no_permissions,
    create_returns_permissions_in_request_order,
    repeated_create_returns_existing_permissions,
    refused_create_creates_nothing,
    pages_are_complete_in_both_orders,
    default_page_has_the_ten_newest,
    limit_0_returns_only_has_more,
    project_filter_works_with_a_cursor,
    repeated_delete_returns_404,
    recreated_permission_is_new_and_last,
    deleted_permission_works_as_cursor,
    page_emptied_by_deletions_is_last,
    checkpoints_are_separate,
    unusual_ids_are_returned_unchanged,
    concurrent_creates_return_the_same_permissions,
);

#[tokio::test]
async fn permissions_in_a_file_survive_a_restart() {
    permissions_survive_a_restart(TestDatabase::file()).await;
}

async fn new_checkpoint_has_no_permissions(database: TestDatabase) {
    let server = database.serve().await;
    let list = Client::of(&server).list("").await;
    assert_eq!(list.status, 200);
    assert_eq!(
        list.body,
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false})
    );
}

async fn create_returns_permissions_in_request_order(database: TestDatabase) {
    let server = database
        .builder()
        .fixed_clock(1_721_764_800)
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);

    let created = client.create(&["proj_b", "proj_a"]).await;

    assert_eq!(created.status, 200);
    assert_eq!(created.each("project_id"), ["proj_b", "proj_a"]);
    assert_eq!(created.each("object"), ["checkpoint.permission"; 2]);
    let ids = created.each("id");
    assert!(ids.iter().all(|id| id.starts_with("cp_") && id.len() == 27));
    assert_eq!(created.body["data"][0]["created_at"], 1_721_764_800);
    assert_eq!(created.body["first_id"], ids[0]);
    assert_eq!(created.body["last_id"], ids[1]);
    assert_eq!(created.body["has_more"], false);
    assert_eq!(created.body["object"], "list");
}

async fn repeated_create_returns_existing_permissions(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let first = client.create(&["proj_a", "proj_b"]).await;

    let second = client
        .create(&["proj_c", "proj_b", "proj_c", "proj_a"])
        .await;

    assert_eq!(second.each("project_id"), ["proj_c", "proj_b", "proj_a"]);
    assert_eq!(
        second.each("id")[1..],
        [first.each("id")[1], first.each("id")[0]]
    );
    assert_eq!(
        client.list("order=ascending").await.each("project_id"),
        ["proj_a", "proj_b", "proj_c"]
    );
}

async fn refused_create_creates_nothing(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let refused = client.post(json!({"project_ids": ["proj_a", ""]})).await;
    assert_eq!(
        refused.error(),
        (400, "invalid_value", Some("project_ids[1]"))
    );
    assert_eq!(client.list("").await.body["data"], json!([]));
}

async fn pages_are_complete_in_both_orders(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let projects: Vec<String> = (0..25).map(|n| format!("proj_{n:02}")).collect();
    client
        .create(&projects.iter().map(String::as_str).collect::<Vec<_>>())
        .await;

    for (order, expected) in [
        ("ascending", projects.clone()),
        ("descending", projects.iter().rev().cloned().collect()),
    ] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = client.list(&format!("order={order}&limit=7{after}")).await;
            let ids = page.each("id");
            assert_eq!(page.body["first_id"], ids[0]);
            assert_eq!(page.body["last_id"], ids[ids.len() - 1]);
            seen.extend(page.each("project_id").into_iter().map(str::to_owned));
            let more = seen.len() < expected.len();
            assert_eq!(page.body["has_more"], more);
            if !more {
                break;
            }
            after = format!("&after={}", ids[ids.len() - 1]);
        }
        assert_eq!(seen, expected);
    }
}

async fn default_page_has_the_ten_newest(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let projects: Vec<String> = (0..11).map(|n| format!("proj_{n:02}")).collect();
    client
        .create(&projects.iter().map(String::as_str).collect::<Vec<_>>())
        .await;

    let page = client.list("").await;

    assert_eq!(page.each("project_id").len(), 10);
    assert_eq!(page.each("project_id")[0], "proj_10");
    assert_eq!(page.body["has_more"], true);
}

async fn limit_0_returns_only_has_more(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    assert_eq!(client.list("limit=0").await.body["has_more"], false);
    client.create(&["proj_a"]).await;
    let page = client.list("limit=0").await;
    assert_eq!(
        page.body,
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": true})
    );
}

async fn project_filter_works_with_a_cursor(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a", "proj_b", "proj_c"]).await;
    let ids = created.each("id");

    let found = client.list("project_id=proj_b").await;
    assert_eq!(found.each("id"), [ids[1]]);
    assert_eq!(found.body["has_more"], false);
    let before = client
        .list(&format!(
            "project_id=proj_b&order=ascending&after={}",
            ids[0]
        ))
        .await;
    assert_eq!(before.each("id"), [ids[1]]);
    let behind = client
        .list(&format!(
            "project_id=proj_b&order=ascending&after={}",
            ids[1]
        ))
        .await;
    assert_eq!(behind.body["data"], json!([]));
    assert_eq!(
        client.list("project_id=proj_x").await.body["data"],
        json!([])
    );
}

async fn repeated_delete_returns_404(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a", "proj_b"]).await;
    let id = created.each("id")[0];

    let deleted = client.delete(id).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(
        deleted.body,
        json!({"object": "checkpoint.permission", "id": id, "deleted": true})
    );
    let again = client.delete(id).await;
    assert_eq!(again.error(), (404, "not_found", Some("permission_id")));
    assert_eq!(client.list("").await.each("project_id"), ["proj_b"]);
}

async fn recreated_permission_is_new_and_last(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a", "proj_b"]).await;
    client.delete(created.each("id")[0]).await;

    let again = client.create(&["proj_a"]).await;

    assert_ne!(again.each("id")[0], created.each("id")[0]);
    assert_eq!(
        client.list("order=ascending").await.each("project_id"),
        ["proj_b", "proj_a"]
    );
}

async fn deleted_permission_works_as_cursor(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a", "proj_b", "proj_c"]).await;
    let middle = created.each("id")[1];
    client.delete(middle).await;

    let up = client
        .list(&format!("order=ascending&after={middle}"))
        .await;
    let down = client
        .list(&format!("order=descending&after={middle}"))
        .await;

    assert_eq!(up.each("project_id"), ["proj_c"]);
    assert_eq!(down.each("project_id"), ["proj_a"]);
}

async fn page_emptied_by_deletions_is_last(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    for order in ["ascending", "descending"] {
        client.create(&["proj_a", "proj_b", "proj_c"]).await;
        let first = client.list(&format!("order={order}&limit=1")).await;
        assert_eq!(first.body["has_more"], true);
        let cursor = first.each("id")[0];
        let all = client.list("").await;
        for id in all.each("id").into_iter().filter(|id| *id != cursor) {
            client.delete(id).await;
        }

        let rest = client.list(&format!("order={order}&after={cursor}")).await;

        assert_eq!(
            rest.body,
            json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false})
        );
    }
}

async fn checkpoints_are_separate(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a"]).await;
    let id = created.each("id")[0];
    let other = "/fine_tuning/checkpoints/other/permissions";

    let list = send(client.request(Method::GET, other)).await;
    assert_eq!(list.body["data"], json!([]));
    let cursor = send(client.request(Method::GET, &format!("{other}?after={id}"))).await;
    assert_eq!(cursor.error(), (400, "invalid_value", Some("after")));
    let delete = send(client.request(Method::DELETE, &format!("{other}/{id}"))).await;
    assert_eq!(delete.error(), (404, "not_found", Some("permission_id")));
}

async fn unusual_ids_are_returned_unchanged(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    let long = "x".repeat(512);
    for checkpoint in [
        "ft:gpt-4o-mini:org:weather:B7R9VjQd:ckpt-step-100",
        "a/b?c#d%2F e",
        "жёлтый-模型-🦀",
        "'; DROP TABLE permissions; --",
        &long,
    ] {
        let encoded: String = form_urlencoded::byte_serialize(checkpoint.as_bytes())
            .collect::<String>()
            .replace('+', "%20");
        let path = format!("/fine_tuning/checkpoints/{encoded}/permissions");
        let projects = ["proj/1 ü", &long];
        let created = send(
            client
                .request(Method::POST, &path)
                .json(&json!({ "project_ids": projects })),
        )
        .await;
        assert_eq!(created.each("project_id"), projects, "{checkpoint}");
        let list = send(client.request(Method::GET, &path)).await;
        assert_eq!(list.each("project_id"), [projects[1], projects[0]]);
    }
}

async fn concurrent_creates_return_the_same_permissions(database: TestDatabase) {
    let server = database.serve().await;
    let client = std::sync::Arc::new(Client::of(&server));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let client = std::sync::Arc::clone(&client);
        tasks.spawn(async move { client.create(&["proj_a", "proj_b"]).await });
    }
    let replies = tasks.join_all().await;
    let bodies: Vec<&Value> = replies.iter().map(|reply| &reply.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

pub async fn permissions_survive_a_restart(database: TestDatabase) {
    let server = database.server().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a", "proj_b"]).await;
    client.delete(created.each("id")[0]).await;
    server.shutdown().await;

    let server = database.server().await;
    let client = Client::of(&server);

    assert_eq!(client.list("").await.each("id"), [created.each("id")[1]]);
    let after = format!("order=ascending&after={}", created.each("id")[0]);
    assert_eq!(client.list(&after).await.each("project_id"), ["proj_b"]);
}

#[tokio::test]
async fn same_seed_and_clock_give_same_responses() {
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let server = permissions_server::Server::builder()
            .id_seed(1)
            .fixed_clock(1_721_764_800)
            .start()
            .await
            .expect("a server");
        bodies.push(Client::of(&server).create(&["proj_a", "proj_b"]).await.body);
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn fixed_clock_sets_the_date_header() {
    let server = permissions_server::Server::builder()
        .fixed_clock(784_111_777)
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let body = json!({"project_ids": ["proj_a"]});
    let created = client.request(Method::POST, &client.path()).json(&body);
    let created = created.send().await.expect("a response");
    let date = created.headers()["date"].clone();
    let body: Value = created.json().await.expect("JSON");
    assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(body["data"][0]["created_at"], 784_111_777);
}
