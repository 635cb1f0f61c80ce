//! The three operations over a real socket.

use crate::place::{Place, over_every_database};
use crate::support::{Client, answer};
use permissions_server::Server;
use reqwest::Method;
use serde_json::{Value, json};

over_every_database!(
    a_new_checkpoint_has_no_permissions,
    create_answers_one_permission_for_each_project_in_the_order_asked,
    create_again_changes_nothing_and_answers_what_is_there,
    a_refused_create_creates_nothing,
    pages_follow_each_other_in_both_orders,
    without_parameters_a_page_is_the_ten_newest,
    limit_0_is_an_empty_page_that_tells_whether_there_is_more,
    project_id_filters_also_behind_a_cursor,
    delete_answers_once_and_then_does_not_know_the_permission,
    a_project_deleted_and_created_again_gets_a_new_permission_at_the_end,
    a_cursor_outlives_its_permission,
    a_page_that_deletions_empty_is_the_last,
    checkpoints_do_not_see_each_other,
    ids_that_need_escaping_come_back_as_they_were,
    concurrent_creates_of_the_same_projects_agree,
);

// Memory forgets, so this one is not for every database.
mod lasting {
    use crate::place::{Backend, Place};

    #[tokio::test]
    async fn file() {
        let place = Place::new(Backend::File).await.expect("a file");
        super::what_was_created_survives_the_server(place).await;
    }

    #[tokio::test]
    async fn postgres() {
        if let Some(place) = Place::new(Backend::Postgres).await {
            super::what_was_created_survives_the_server(place).await;
        }
    }
}

async fn a_new_checkpoint_has_no_permissions(place: Place) {
    let server = place.serving().await;
    let list = Client::of(&server).list("").await;
    assert_eq!(list.status, 200);
    assert_eq!(
        list.body,
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false})
    );
}

async fn create_answers_one_permission_for_each_project_in_the_order_asked(place: Place) {
    let server = place
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

async fn create_again_changes_nothing_and_answers_what_is_there(place: Place) {
    let server = place.serving().await;
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

async fn a_refused_create_creates_nothing(place: Place) {
    let server = place.serving().await;
    let client = Client::of(&server);
    let refused = client.post(json!({"project_ids": ["proj_a", ""]})).await;
    assert_eq!(
        refused.error(),
        (400, "invalid_value", Some("project_ids[1]"))
    );
    assert_eq!(client.list("").await.body["data"], json!([]));
}

async fn pages_follow_each_other_in_both_orders(place: Place) {
    let server = place.serving().await;
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

async fn without_parameters_a_page_is_the_ten_newest(place: Place) {
    let server = place.serving().await;
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

async fn limit_0_is_an_empty_page_that_tells_whether_there_is_more(place: Place) {
    let server = place.serving().await;
    let client = Client::of(&server);
    assert_eq!(client.list("limit=0").await.body["has_more"], false);
    client.create(&["proj_a"]).await;
    let page = client.list("limit=0").await;
    assert_eq!(
        page.body,
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": true})
    );
}

async fn project_id_filters_also_behind_a_cursor(place: Place) {
    let server = place.serving().await;
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

async fn delete_answers_once_and_then_does_not_know_the_permission(place: Place) {
    let server = place.serving().await;
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

async fn a_project_deleted_and_created_again_gets_a_new_permission_at_the_end(place: Place) {
    let server = place.serving().await;
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

async fn a_cursor_outlives_its_permission(place: Place) {
    let server = place.serving().await;
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

async fn a_page_that_deletions_empty_is_the_last(place: Place) {
    let server = place.serving().await;
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

async fn checkpoints_do_not_see_each_other(place: Place) {
    let server = place.serving().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a"]).await;
    let id = created.each("id")[0];
    let other = "/fine_tuning/checkpoints/other/permissions";

    let list = answer(client.request(Method::GET, other)).await;
    assert_eq!(list.body["data"], json!([]));
    let cursor = answer(client.request(Method::GET, &format!("{other}?after={id}"))).await;
    assert_eq!(cursor.error(), (400, "invalid_value", Some("after")));
    let delete = answer(client.request(Method::DELETE, &format!("{other}/{id}"))).await;
    assert_eq!(delete.error(), (404, "not_found", Some("permission_id")));
}

async fn ids_that_need_escaping_come_back_as_they_were(place: Place) {
    let server = place.serving().await;
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
        let created = answer(
            client
                .request(Method::POST, &path)
                .json(&json!({ "project_ids": projects })),
        )
        .await;
        assert_eq!(created.each("project_id"), projects, "{checkpoint}");
        let list = answer(client.request(Method::GET, &path)).await;
        assert_eq!(list.each("project_id"), [projects[1], projects[0]]);
    }
}

async fn concurrent_creates_of_the_same_projects_agree(place: Place) {
    let server = place.serving().await;
    let client = std::sync::Arc::new(Client::of(&server));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let client = std::sync::Arc::clone(&client);
        tasks.spawn(async move { client.create(&["proj_a", "proj_b"]).await });
    }
    let answers = tasks.join_all().await;
    let bodies: Vec<&Value> = answers.iter().map(|answer| &answer.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

async fn what_was_created_survives_the_server(place: Place) {
    let server = place.server().await;
    let client = Client::of(&server);
    let created = client.create(&["proj_a", "proj_b"]).await;
    client.delete(created.each("id")[0]).await;
    server.shutdown().await;

    let server = place.server().await;
    let client = Client::of(&server);

    assert_eq!(client.list("").await.each("id"), [created.each("id")[1]]);
    let after = format!("order=ascending&after={}", created.each("id")[0]);
    assert_eq!(client.list(&after).await.each("project_id"), ["proj_b"]);
}

#[tokio::test]
async fn a_seed_and_a_fixed_clock_make_answers_repeatable() {
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let server = Server::builder()
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
async fn answers_are_dated_by_the_clock_that_permissions_are_created_by() {
    let server = Server::builder()
        .fixed_clock(784_111_777)
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let body = json!({"project_ids": ["proj_a"]});
    let created = client.request(Method::POST, &client.path()).json(&body);
    let created = created.send().await.expect("an answer");
    let date = created.headers()["date"].clone();
    let body: Value = created.json().await.expect("JSON");
    assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(body["data"][0]["created_at"], 784_111_777);
}
