//! Status, code and parameter of refused requests.

use crate::support::{Client, http, read, send};
use permissions_server::{Faults, Limits, Server};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn invalid_query_parameter_is_400() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    let long = "x".repeat(513);
    for (query, code, param) in [
        ("limit=101", "integer_above_max_value", "limit"),
        ("limit=-1", "integer_below_min_value", "limit"),
        ("limit=ten", "invalid_type", "limit"),
        ("limit=", "invalid_type", "limit"),
        ("limit=1&limit=2", "duplicate_parameter", "limit"),
        ("order=asc", "invalid_value", "order"),
        ("after=cp_unknown", "invalid_value", "after"),
        ("after=", "invalid_value", "after"),
        ("project_id=", "invalid_value", "project_id"),
        ("project_id=a%00b", "invalid_value", "project_id"),
        ("project_id=%E2%80%8Ba", "invalid_value", "project_id"),
        ("project_id=%20", "invalid_value", "project_id"),
        ("after=%E2%80%AEcp_a", "invalid_value", "after"),
        (
            &format!("project_id={long}"),
            "string_above_max_length",
            "project_id",
        ),
        ("projectid=proj_a", "unknown_parameter", "projectid"),
    ] {
        let refused = client.list(query).await;
        assert_eq!(refused.error(), (400, code, Some(param)), "{query}");
    }
}

#[tokio::test]
async fn invalid_body_is_400() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    let many: Vec<String> = (0..1001).map(|n| format!("proj_{n}")).collect();
    for (body, code, param) in [
        (json!([]), "invalid_type", None),
        (json!({}), "missing_required_parameter", Some("project_ids")),
        (
            json!({"project_ids": "proj_a"}),
            "invalid_type",
            Some("project_ids"),
        ),
        (
            json!({"project_ids": []}),
            "empty_array",
            Some("project_ids"),
        ),
        (
            json!({"project_ids": many}),
            "array_above_max_length",
            Some("project_ids"),
        ),
        (
            json!({"project_ids": ["a", 1]}),
            "invalid_type",
            Some("project_ids[1]"),
        ),
        (
            json!({"project_ids": [".."]}),
            "invalid_value",
            Some("project_ids[0]"),
        ),
        (
            json!({"project_ids": ["proj_a", " \u{2003}"]}),
            "invalid_value",
            Some("project_ids[1]"),
        ),
        (
            json!({"project_ids": ["proj_\u{202e}a"]}),
            "invalid_value",
            Some("project_ids[0]"),
        ),
        (
            json!({"project_ids": ["x".repeat(513)]}),
            "string_above_max_length",
            Some("project_ids[0]"),
        ),
        (
            json!({"project_ids": ["a"], "note": 1}),
            "unknown_parameter",
            Some("note"),
        ),
    ] {
        let refused = client.post(body).await;
        assert_eq!(refused.error(), (400, code, param), "{refused:?}");
    }
    let broken = client
        .request(Method::POST, &client.path())
        .header("content-type", "application/json")
        .body("{\"project_ids\": [");
    assert_eq!(send(broken).await.error(), (400, "invalid_json", None));
}

#[tokio::test]
async fn wrong_media_type_and_large_body_are_refused() {
    let mut limits = Limits::default();
    limits.body_bytes = 100;
    let server = Server::builder()
        .limits(limits)
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    let post = || client.request(Method::POST, &client.path());

    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        let refused = send(post().header("content-type", media_type).body("{}")).await;
        assert_eq!(refused.error(), (415, "unsupported_media_type", None));
    }
    assert_eq!(
        send(post()).await.error(),
        (415, "unsupported_media_type", None)
    );
    let charset = post()
        .header("content-type", "Application/JSON; charset=utf-8")
        .body("{\"project_ids\":[\"a\"]}");
    assert_eq!(send(charset).await.status, 200);
    let large = post().json(&json!({"project_ids": ["x".repeat(100)]}));
    assert_eq!(send(large).await.error(), (413, "request_too_large", None));
}

#[tokio::test]
async fn delete_with_content_type_succeeds() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    let created = client.create(&["proj_a"]).await;
    let path = format!("{}/{}", client.path(), created.each("id")[0]);
    let delete = client
        .request(Method::DELETE, &path)
        .header("content-type", "application/json");
    assert_eq!(send(delete).await.status, 200);
}

#[tokio::test]
async fn only_admin_keys_are_accepted() {
    let server = Server::builder()
        .admin_key("sk-admin-1")
        .admin_key("sk-admin-2")
        .project_key("sk-proj-1")
        .start()
        .await
        .expect("a server");
    let url = server.base_url();
    let list = |key| async move { Client::new(url, key).list("").await };

    assert_eq!(list("sk-admin-1").await.status, 200);
    assert_eq!(list("sk-admin-2").await.status, 200);
    assert_eq!(
        list("sk-proj-1").await.error(),
        (403, "insufficient_permissions", None)
    );
    assert_eq!(
        list("sk-admin-3").await.error(),
        (401, "invalid_api_key", None)
    );

    let without = http()
        .get(format!("{url}{}", Client::of(&server).path()))
        .send()
        .await
        .expect("a response");
    assert_eq!(without.headers()["www-authenticate"], "Bearer");
    assert_eq!(read(without).await.error(), (401, "missing_api_key", None));
}

#[tokio::test]
async fn unknown_path_and_method_are_json_errors() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);

    for path in ["/models", "/fine_tuning/permissions", "//"] {
        let unknown = send(client.request(Method::GET, path)).await;
        assert_eq!(unknown.error(), (404, "unknown_url", None), "{path}");
    }
    for (method, path, allow) in [
        (Method::PUT, client.path(), "GET,HEAD,POST"),
        (Method::GET, format!("{}/cp_1", client.path()), "DELETE"),
    ] {
        let response = client
            .request(method, &path)
            .send()
            .await
            .expect("a response");
        assert_eq!(response.headers()["allow"], allow);
        assert_eq!(
            read(response).await.error(),
            (405, "method_not_allowed", None)
        );
    }
}

#[tokio::test]
async fn invalid_id_in_path_is_400() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    let long = "x".repeat(513);
    for (checkpoint, code) in [
        ("%FF", "invalid_value"),
        ("a%00b", "invalid_value"),
        ("a%EF%BB%BFb", "invalid_value"),
        ("%20", "invalid_value"),
        (long.as_str(), "string_above_max_length"),
    ] {
        let path = format!("/fine_tuning/checkpoints/{checkpoint}/permissions");
        let refused = send(client.request(Method::GET, &path)).await;
        assert_eq!(
            refused.error(),
            (400, code, Some("fine_tuned_model_checkpoint"))
        );
    }
    assert_eq!(
        client.delete(&long).await.error(),
        (400, "string_above_max_length", Some("permission_id"))
    );
}

#[tokio::test]
async fn response_has_request_id_and_processing_time() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    let mut ids = Vec::new();
    for path in [client.path(), "/nothing".to_owned()] {
        let response = client
            .request(Method::GET, &path)
            .send()
            .await
            .expect("a response");
        let headers = response.headers();
        let id = headers["x-request-id"].to_str().expect("ASCII").to_owned();
        assert!(id.starts_with("req_"), "{id}");
        headers["openai-processing-ms"]
            .to_str()
            .expect("ASCII")
            .parse::<u64>()
            .expect("milliseconds");
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn compressed_body_is_415_and_message_names_encoding() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    for encoding in ["gzip", "br", "identity, gzip"] {
        let compressed = client
            .request(Method::POST, &client.path())
            .header("content-encoding", encoding)
            .json(&json!({"project_ids": ["proj_a"]}));
        let refused = send(compressed).await;
        assert_eq!(refused.error(), (415, "unsupported_content_encoding", None));
        let message = refused.body["error"]["message"]
            .as_str()
            .expect("a message");
        assert!(message.contains(&format!("'{encoding}'")), "{message}");
    }
    let identity = client
        .request(Method::POST, &client.path())
        .header("content-encoding", "identity")
        .json(&json!({"project_ids": ["proj_a"]}));
    assert_eq!(send(identity).await.status, 200);
}

#[tokio::test]
async fn fault_without_valid_key_is_401() {
    let server = Server::builder()
        .faults(Faults::by_header())
        .start()
        .await
        .expect("a server");
    for key in ["sk-admin-unknown", ""] {
        let client = Client::new(server.base_url(), key);
        let request = client
            .request(Method::GET, &client.path())
            .header("x-fault", "status=503");
        assert_eq!(send(request).await.status, 401, "{key}");
    }
}
