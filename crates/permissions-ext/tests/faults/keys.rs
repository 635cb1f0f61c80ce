//! Keys and headers of the client and its requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use permissions_ext::{Client, ErrorKind, List, SecretString};

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, checkpoint, list};

/// Lists the permissions. Returns the `Authorization` header of the request.
async fn authorization(list: List, server: &FaultServer) -> Option<String> {
    list.send().await.unwrap();
    server
        .requests()
        .last()
        .unwrap()
        .header("authorization")
        .map(str::to_owned)
}

#[tokio::test]
async fn error_of_rejected_project_key_has_remedy() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::html(401)]);
    let client = server
        .client_builder()
        .admin_key("sk-proj-1")
        .build()
        .unwrap();
    let error = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap_err();
    assert!(
        error.remedy().unwrap().contains("it is a project key"),
        "{error:?}"
    );
}

#[tokio::test]
async fn authorization_header_replaces_key() {
    let server = FaultServer::start().await;
    let own = Client::builder()
        .base_url(format!("http://{}", server.address))
        .header("AUTHORIZATION", "Basic abc");
    assert_eq!(
        authorization(list(own), &server).await.as_deref(),
        Some("Basic abc")
    );
    let none = server.client_builder().without_key();
    assert_eq!(authorization(list(none), &server).await, None);
}

#[tokio::test]
async fn key_of_request_overrides_key_of_client() {
    let server = FaultServer::start().await;
    for client in [
        server.client_builder(),
        server
            .client_builder()
            .header("authorization", "Bearer stale"),
    ] {
        let list = list(client).admin_key("sk-admin-of-this-request");
        let sent = authorization(list, &server).await;
        assert_eq!(sent.as_deref(), Some("Bearer sk-admin-of-this-request"));
    }
}

#[tokio::test]
async fn key_provider_is_called_for_each_attempt() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [
            Reply::html(500),
            Reply::html(401).with("x-should-retry", "true"),
        ],
    );
    let calls = Arc::new(AtomicUsize::new(0));
    let client = server.client_builder().key_provider(move || {
        let calls = calls.clone();
        async move {
            Ok(SecretString::from(format!(
                "key-{}",
                calls.fetch_add(1, Ordering::Relaxed)
            )))
        }
    });
    list(client).send().await.unwrap();
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(sent, ["Bearer key-0", "Bearer key-1", "Bearer key-2"]);
}

#[tokio::test]
async fn failed_key_provider_sends_nothing() {
    let server = FaultServer::start().await;
    let fails = server
        .client_builder()
        .key_provider(|| async { Err("the vault is sealed".into()) });
    let empty = server
        .client_builder()
        .key_provider(|| async { Ok(SecretString::from("")) });
    for (builder, reason) in [(fails, "the vault is sealed"), (empty, "blank")] {
        let error = list(builder).send().await.unwrap_err();
        assert!(
            error.kind() == ErrorKind::Key && error.to_string().contains(reason),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn later_header_replaces_earlier_ignoring_case() {
    let server = FaultServer::start().await;
    let client = server
        .client_builder()
        .header("X-Shade", "blue")
        .header("x-shade", "red")
        .header("x-team", "a")
        .build()
        .unwrap();
    client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap();
    client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .header("X-SHADE", "green")
        .remove_header("X-Team")
        .send()
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(
        (requests[0].header("x-shade"), requests[0].header("x-team")),
        (Some("red"), Some("a"))
    );
    assert_eq!(
        (requests[1].header("x-shade"), requests[1].header("x-team")),
        (Some("green"), None)
    );
}

#[tokio::test]
async fn panicking_key_provider_fails_the_call() {
    let server = FaultServer::start().await;
    let in_future = server
        .client_builder()
        .key_provider(|| async { panic!("broken vault") });
    let in_function = server.client_builder().key_provider(|| {
        let broken = true;
        assert!(!broken, "broken vault");
        async { Ok(SecretString::from(KEY)) }
    });
    for builder in [in_future, in_function] {
        let error = list(builder).all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic, "{error}");
        assert!(error.to_string().contains("broken vault"), "{error}");
    }
    assert!(server.requests().is_empty());
}
