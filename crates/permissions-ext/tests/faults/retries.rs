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
async fn invalid_retry_after_keeps_the_error() {
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
async fn create_without_projects_sends_nothing() {
    let server = FaultServer::start().await;
    let error = server
        .permissions()
        .create([""; 0])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::InvalidRequest
            && error.to_string().contains("list of projects is empty"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn partly_confirmed_create_fails_with_created_permissions() {
    let server = FaultServer::start().await;
    server.respond("POST", [Reply::new(
        200,
        r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"proj_1"}],"has_more":true}"#,
    )]);
    let error = server
        .permissions()
        .create(["proj_1", "proj_2"])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::Incomplete
            && error.to_string().contains("does not confirm proj_2"),
        "{error}"
    );
    assert!(
        error.remedy().unwrap().contains("create again"),
        "{error:?}"
    );
    let created: Vec<_> = error
        .created()
        .iter()
        .map(|permission| permission.project_id.as_str())
        .collect();
    assert_eq!(created, ["proj_1"]);
}

#[tokio::test]
async fn unconfirmed_delete_fails() {
    let server = FaultServer::start().await;
    let body = r#"{"object":"checkpoint.permission","id":"cp_1","deleted":false}"#;
    server.respond(
        "DELETE",
        [
            Reply::new(200, body),
            Reply::new(200, body.replace("false", "true").replace("cp_1", "cp_2")),
        ],
    );
    let permissions = server.permissions();
    for reason in ["responded that cp_1 is not deleted", "responded for cp_2"] {
        let error = permissions.delete("cp_1").send().await.unwrap_err();
        assert!(
            error.kind() == ErrorKind::Incomplete && error.to_string().contains(reason),
            "{error}"
        );
    }
}

#[tokio::test]
async fn create_response_with_one_permission_for_two_projects_fails() {
    let server = FaultServer::start().await;
    let one = |project: &str| {
        format!(
            r#"{{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"{project}"}}"#
        )
    };
    let body = format!(
        r#"{{"object":"list","data":[{},{}],"has_more":false}}"#,
        one("proj_1"),
        one("proj_2")
    );
    server.respond("POST", [Reply::new(200, body)]);
    let error = server
        .permissions()
        .create(["proj_1", "proj_2"])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::Incomplete
            && error
                .to_string()
                .contains("one permission for two projects"),
        "{error}"
    );
    assert!(
        error.created().is_empty(),
        "the list afterwards has no permission"
    );
}

#[tokio::test]
async fn gateway_404_does_not_confirm_deletion() {
    let problem = r#"{"type":"about:blank","title":"Not Found","status":404}"#;
    let numbers = r#"{"error":{"code":404,"message":"no such route"}}"#;
    let route =
        r#"{"error":{"message":"Invalid URL (DELETE /v2)","type":"invalid_request_error"}}"#;
    for reply in [
        Reply::html(404),
        Reply::new(404, ""),
        Reply::new(404, problem),
        Reply::new(404, numbers),
        Reply::new(404, r#"{"code":404,"message":"Not Found"}"#),
        Reply::new(404, route),
    ] {
        let server = FaultServer::with_permissions(&["proj_1"]).await;
        let lost = [Reply::Reset, reply.clone()];
        server.respond("DELETE", lost.into_iter().chain([reply]));
        let permissions = server.permissions();
        let by_id = permissions.delete("cp_1").send().await;
        let by_project = permissions.delete_project("proj_1").send().await;
        for error in [by_id.unwrap_err(), by_project.unwrap_err()] {
            assert!(error.kind() == ErrorKind::NotFound, "{error}");
        }
    }
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

#[tokio::test]
async fn status_201_with_complete_body_succeeds() {
    let server = FaultServer::start().await;
    let permission =
        r#"{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"proj_1"}"#;
    let list = format!(r#"{{"object":"list","data":[{permission}],"has_more":false}}"#);
    let deleted = r#"{"object":"checkpoint.permission","id":"cp_1","deleted":true}"#;
    server.respond(
        "POST",
        [Reply::new(201, list.clone()).with("x-request-id", "req_1")],
    );
    server.respond("GET", [Reply::new(201, list)]);
    server.respond("DELETE", [Reply::new(201, deleted)]);
    let permissions = server.permissions();
    let created = permissions.create(["proj_1"]).send().await.unwrap();
    assert_eq!(created.len(), 1);
    assert_eq!(created.metadata().request_id(), Some("req_1"));
    assert_eq!(created.metadata().status(), Some(201));
    assert_eq!(permissions.list().all().await.unwrap().len(), 1);
    permissions.delete("cp_1").send().await.unwrap();
    assert_eq!(server.methods(), "POST GET DELETE");
}

#[tokio::test]
async fn success_without_body_reports_possible_change() {
    let incomplete = r#"{"object":"list","data":[],"has_more":false}"#;
    for (status, body) in [
        (201, ""),
        (201, "{}"),
        (201, incomplete),
        (202, ""),
        (204, ""),
    ] {
        let server = FaultServer::start().await;
        let reply = || Reply::new(status, body);
        server.respond("POST", [reply()]);
        server.respond("DELETE", [reply()]);
        server.respond("GET", [Reply::new(200, incomplete), reply()]);
        let permissions = server.permissions();
        let created = permissions.create(["proj_1"]).send().await.unwrap_err();
        assert_eq!(
            created.kind(),
            ErrorKind::Incomplete,
            "{status} {body}: {created}"
        );
        let deleted = permissions.delete("cp_1").send().await.unwrap_err();
        assert_eq!(
            deleted.kind(),
            ErrorKind::Incomplete,
            "{status} {body}: {deleted}"
        );
        if body != incomplete {
            let text = deleted.to_string();
            assert!(text.contains("the change may have been made"), "{text}");
        }
        let listed = permissions.list().send().await;
        if body.len() < 3 {
            let listed = listed.unwrap_err();
            assert_eq!(listed.kind(), ErrorKind::UnexpectedStatus, "{listed}");
        }
    }
}

#[tokio::test]
async fn unexpected_content_encoding_error_omits_body() {
    let server = FaultServer::start().await;
    let bytes = b"\x1f\x8b\x08readable".to_vec();
    for status in [200, 400] {
        let reply = Reply::new(status, bytes.clone()).with("content-encoding", "br");
        server.respond("GET", [reply]);
        let error = server.permissions().list().send().await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("unexpected Content-Encoding br"), "{text}");
        assert!(!text.contains("readable"), "{text}");
    }
}

#[tokio::test]
async fn control_characters_of_messages_are_escaped() {
    let server = FaultServer::start().await;
    let error = serde_json::json!({"error": {"message": "a\nb\u{1b}[31m", "type": "t\r", "code": "c\n", "param": "p\n"}});
    server.respond("GET", [Reply::json(400, &error)]);
    let error = server.permissions().list().send().await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.contains(r"a\nb\u{1b}[31m"), "{text}");
    assert_eq!(error.message(), Some("a\nb\u{1b}[31m"));
}
