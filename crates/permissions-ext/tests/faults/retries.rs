//! Retries, timeouts, deadlines and cancellation.

use std::time::Duration;

use permissions_ext::{ErrorKind, RetryPolicy, SecretString};

use crate::support::wire::{Reply, Request};
use crate::support::{FaultServer, KEY, checkpoint};

const COUNT: &str = "x-stainless-retry-count";

fn counts(requests: &[Request]) -> Vec<&str> {
    requests
        .iter()
        .filter_map(|request| request.header(COUNT))
        .collect()
}

#[tokio::test]
async fn attempts_send_retry_count() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [Reply::html(429).with("retry-after", "0.001"), Reply::Reset],
    );
    let page = server.permissions().list().send().await.unwrap();
    assert_eq!(counts(&server.requests()), ["0", "1", "2"]);
    assert_eq!(page.metadata().retries(), 2);
}

#[tokio::test]
async fn retry_count_header_can_be_removed_and_replaced() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::html(500), Reply::html(500)]);
    let list = server.permissions().list();
    list.clone().remove_header(COUNT).send().await.unwrap();
    assert!(counts(&server.requests()).is_empty());
    list.header(COUNT, "42").send().await.unwrap();
    assert_eq!(counts(&server.requests()), ["42"]);
}

#[tokio::test]
async fn wait_above_limit_fails_at_once() {
    let cap = Duration::from_millis(20);
    for (name, value, requests) in [
        ("retry-after", "0.02", 2),
        ("retry-after-ms", "20", 2),
        ("retry-after", "0.021", 1),
    ] {
        let server = FaultServer::start().await;
        server.respond("GET", [Reply::html(503).with(name, value)]);
        let result = server
            .client_builder()
            .max_wait(cap)
            .build()
            .unwrap()
            .permissions(checkpoint())
            .unwrap()
            .list()
            .send()
            .await;
        assert_eq!(server.requests().len(), requests, "{name}: {value}");
        assert_eq!(result.is_ok(), requests == 2, "{name}: {value}");
        if let Err(error) = result {
            assert_eq!(error.retry_after(), Some(Duration::from_millis(21)));
            assert!(error.kind() == ErrorKind::Server);
        }
    }
}

#[tokio::test]
async fn error_lists_attempts_with_their_waits() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [
            Reply::html(503)
                .with("retry-after-ms", "3")
                .with("x-request-id", "req_a"),
            Reply::Reset,
            Reply::html(500).with("x-request-id", "req_c"),
        ],
    );
    let error = server.permissions().list().send().await.unwrap_err();
    let attempts = error.attempts();
    assert_eq!(
        attempts
            .iter()
            .map(|attempt| attempt.status)
            .collect::<Vec<_>>(),
        [Some(503), None, Some(500)]
    );
    assert_eq!(
        attempts
            .iter()
            .map(|attempt| attempt.request_id.as_deref())
            .collect::<Vec<_>>(),
        [Some("req_a"), None, Some("req_c")]
    );
    assert_eq!(attempts[0].delay, Some(Duration::from_millis(3)));
    assert!(attempts[1].delay.is_some() && attempts[2].delay.is_none());
    assert_eq!(error.request_id(), Some("req_c"));
}

#[tokio::test]
async fn invalid_retry_after_does_not_change_the_error() {
    for value in [
        "Fri, 32 Foo 2026 99:99:99 GMT",
        "\u{e9}",
        "999999999999999999999999999999 GMT",
    ] {
        let server = FaultServer::start().await;
        server.respond("GET", vec![Reply::html(429).with("retry-after", value); 3]);
        let error = server.permissions().list().send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::RateLimited, "{value}: {error}");
        assert_eq!(server.requests().len(), 3, "{value}");
    }
}

#[tokio::test]
async fn should_retry_header_overrides_status() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::html(400).with("x-should-retry", "true")]);
    server.permissions().list().send().await.unwrap();
    assert_eq!(server.requests().len(), 2);
    server.respond("GET", [Reply::html(500).with("x-should-retry", "false")]);
    assert!(server.permissions().list().send().await.unwrap_err().kind() == ErrorKind::Server);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn insufficient_quota_is_not_retried() {
    let server = FaultServer::start().await;
    let error = serde_json::json!({"error": {"message": "quota", "type": "insufficient_quota", "code": "insufficient_quota"}});
    server.respond(
        "GET",
        [Reply::json(429, &error).with("x-should-retry", "true")],
    );
    let error = server.permissions().list().send().await.unwrap_err();
    assert!(
        error.kind() == ErrorKind::QuotaExceeded && error.kind() != ErrorKind::RateLimited,
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn attempts_share_one_connection() {
    let server = FaultServer::start().await;
    let permissions = server.permissions();
    for _ in 0..5 {
        server.respond("GET", [Reply::html(500), Reply::html(429)]);
        permissions.list().send().await.unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (15, 1));
}

#[tokio::test]
async fn request_options_do_not_change_the_client() {
    let server = FaultServer::start().await;
    server.respond("GET", vec![Reply::html(500); 4]);
    let client = server.client_builder().build().unwrap();
    client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    assert_eq!(server.requests().len(), 1);
    let copy = client.clone();
    drop(client);
    copy.permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap_err();
    assert_eq!((server.requests().len(), server.connections()), (4, 1));
}

#[tokio::test]
async fn deadline_ends_call_and_prevents_longer_wait() {
    let deadline = Duration::from_millis(100);
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::html(503).with("retry-after", "30")]);
    let list = server.permissions().list().deadline(deadline);
    let error = list.clone().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    assert_eq!((error.attempts().len(), server.requests().len()), (1, 1));

    server.respond("GET", [Reply::Stall(vec![])]);
    let list = server.permissions().list().deadline(deadline);
    let error = list.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    assert_eq!((error.attempts().len(), server.requests().len()), (1, 2));
}

#[tokio::test]
async fn timeout_of_request_overrides_client_even_if_zero() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::Stall(vec![]), Reply::Stall(vec![])]);
    for timeout in [Duration::from_millis(30), Duration::ZERO] {
        let error = server
            .permissions()
            .list()
            .timeout(timeout)
            .retry(RetryPolicy::none())
            .send()
            .await
            .unwrap_err();
        assert!(error.kind() == ErrorKind::Timeout, "{error}");
    }
}

#[tokio::test]
async fn dropped_future_sends_no_further_request() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::html(503).with("retry-after", "0.05")]);
    let permissions = server.permissions();
    drop(permissions.list().send());
    tokio::select! {
        _ = permissions.list().send() => panic!("the call did not wait"),
        () = server.wait_for_requests(1) => {}
    }
    // This call waits longer than the dropped one, so a retry of the dropped call would arrive first.
    server.respond("DELETE", [Reply::html(503).with("retry-after", "0.2")]);
    permissions.delete("cp_1").send().await.unwrap();
    assert_eq!(server.methods(), "GET DELETE DELETE");
}

#[tokio::test]
async fn dropped_call_closes_connection() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [Reply::Stall(
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
        )],
    );
    let permissions = server.permissions();
    tokio::select! {
        _ = permissions.list().send() => panic!("the body is incomplete"),
        () = server.wait_for_requests(1) => {}
    }
    server.wait_until_disconnected().await;
}

#[tokio::test]
async fn slow_key_provider_counts_against_deadline() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::Stall(Vec::new())]);
    let slow = Duration::from_millis(400);
    let client = server
        .client_builder()
        .deadline(Duration::from_millis(600))
        .key_provider(move || async move {
            tokio::time::sleep(slow).await;
            Ok(SecretString::from(KEY))
        })
        .build()
        .unwrap();
    let list = client.permissions(checkpoint()).unwrap().list();
    let whole = tokio::time::timeout(2 * slow, list.send());
    let error = whole.await.expect("the deadline was ignored").unwrap_err();
    assert!(error.kind() == ErrorKind::Deadline, "{error}");
    assert!(
        error.remedy().unwrap().contains("longer `deadline`"),
        "{error:?}"
    );
}
