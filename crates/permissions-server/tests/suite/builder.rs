//! Builder settings that help to test clients.

use std::time::Duration;

use permissions_server::{Fault, Faults, Server};
use reqwest::Method;
use serde_json::json;

use crate::support::{Client, MODEL, http, send};

#[tokio::test]
async fn builder_creates_initial_permissions() {
    let server = Server::builder()
        .permissions(MODEL, ["proj_a", "proj_b", "proj_a"])
        .start()
        .await
        .expect("a server");
    assert_eq!(
        Client::of(&server).list("").await.each("project_id"),
        ["proj_b", "proj_a"]
    );
    let error = Server::builder()
        .permissions(MODEL, [".."])
        .start()
        .await
        .expect_err("an error");
    assert!(error.to_string().contains("'..'"), "{error}");
    for (id, name, words) in [
        ("..", "Name", "'..'"),
        ("proj_a", " ", "blank"),
        ("proj_a", "a\0", "control"),
    ] {
        let error = Server::builder()
            .project(id, name)
            .start()
            .await
            .expect_err("an error");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn recorded_requests_contain_no_key() {
    let server = Server::builder()
        .record_requests()
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    client.create(&["proj_a"]).await;
    client.list("limit=101").await;

    let requests = server.requests();

    let create = &requests[0];
    assert_eq!((create.method.as_str(), create.status), ("POST", 200));
    assert_eq!(create.body, "{\"project_ids\":[\"proj_a\"]}");
    assert!(
        create
            .headers
            .contains(&("authorization".to_owned(), "…".to_owned()))
    );
    let list = &requests[1];
    assert!(
        list.path.ends_with("/permissions?limit=101"),
        "{}",
        list.path
    );
    assert_eq!(list.status, 400);
}

#[tokio::test]
async fn faults_are_injected_in_turn() {
    let server = Server::builder()
        .faults(Faults::in_turn([
            Some(Fault::Status(503)),
            Some(Fault::Drop),
            None,
            Some(Fault::DropAfter),
            Some(Fault::Truncate),
            Some(Fault::Oversize(100_000)),
            Some(Fault::Delay(Duration::from_millis(1))),
        ]))
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let get = || client.request(Method::GET, &client.path());

    assert_eq!(
        client.list("").await.error(),
        (503, "fault_on_request", None)
    );
    assert!(get().send().await.is_err());
    assert_eq!(client.list("").await.body["data"], json!([]));
    let lost = client
        .request(Method::POST, &client.path())
        .json(&json!({"project_ids": ["proj_a"]}))
        .send()
        .await;
    assert!(lost.is_err());
    let half = get().send().await.expect("headers");
    assert_eq!(half.status(), 200);
    assert!(half.bytes().await.is_err());
    let large = get().send().await.expect("headers");
    let large = large.bytes().await.expect("a body");
    assert_eq!(large.len(), 100_000);
    let list: serde_json::Value = serde_json::from_slice(&large).expect("JSON");
    assert_eq!(
        list["data"][0]["project_id"], "proj_a",
        "the permission of the dropped response"
    );
    assert_eq!(client.list("").await.status, 200);
    assert_eq!(client.list("").await.status, 200);
}

#[tokio::test]
async fn fault_header_is_ignored_by_default() {
    let server = Server::builder()
        .faults(Faults::by_header())
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let with = |fault: &'static str| {
        client
            .request(Method::GET, &client.path())
            .header("x-fault", fault)
    };
    assert_eq!(send(with("status=429")).await.status, 429);
    assert_eq!(
        send(with("explode")).await.error(),
        (400, "invalid_value", Some("x-fault"))
    );
    assert_eq!(client.list("").await.status, 200);

    let without = Server::start().await.expect("a server");
    let client = Client::of(&without);
    let ignored = client
        .request(Method::GET, &client.path())
        .header("x-fault", "status=503");
    assert_eq!(send(ignored).await.status, 200);
}

#[tokio::test]
async fn monitoring_routes_need_no_key() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    client.list("").await;
    let root = server.base_url().trim_end_matches("/v1").to_owned();
    let get = |path: &str| {
        let url = format!("{root}{path}");
        async move {
            let response = http().get(url).send().await.expect("a response");
            assert_eq!(response.status(), 200);
            response.text().await.expect("a body")
        }
    };
    assert_eq!(get("/healthz").await, "ok\n");
    assert_eq!(get("/readyz").await, "ready\n");
    let metrics = get("/metrics").await;
    for line in [
        "permissions_requests_total{operation=\"list\",status=\"200\"} 1",
        "permissions_database_up 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{metrics}");
    }
    let document: serde_json::Value =
        serde_json::from_str(&get("/openapi.json").await).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
}
