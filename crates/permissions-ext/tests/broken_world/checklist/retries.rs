//! Retries, time-outs, cancellation.

use std::time::Duration;

use permissions_ext::{CallOptions, RetryPolicy, SecretString};

use crate::support::wire::{Reply, Request};
use crate::support::{KEY, World, checkpoint, project};

const COUNT: &str = "x-stainless-retry-count";

fn counts(requests: &[Request]) -> Vec<&str> {
    requests
        .iter()
        .filter_map(|request| request.header(COUNT))
        .collect()
}

// Rows 15, 28, 31.
#[tokio::test]
async fn each_attempt_tells_how_many_failed_before_and_so_does_the_result() {
    let world = World::new().await;
    world.answers(
        "GET",
        [Reply::html(429).with("retry-after", "0.001"), Reply::Reset],
    );
    let page = world.permissions().list().send().await.unwrap();
    assert_eq!(counts(&world.requests()), ["0", "1", "2"]);
    assert_eq!(page.metadata().retries(), 2);
}

// Rows 29, 30.
#[tokio::test]
async fn the_count_can_be_left_out_and_overwritten() {
    let world = World::new().await;
    world.answers("GET", [Reply::html(500), Reply::html(500)]);
    let list = world.permissions().list();
    list.clone()
        .options(CallOptions::new().remove_header(COUNT))
        .send()
        .await
        .unwrap();
    assert!(counts(&world.requests()).is_empty());
    list.options(CallOptions::new().header(COUNT, "42"))
        .send()
        .await
        .unwrap();
    assert_eq!(counts(&world.requests()), ["42"]);
}

// Rows 24, 25.
#[tokio::test]
async fn a_wait_up_to_the_cap_is_obeyed_and_one_beyond_it_fails_at_once() {
    let cap = Duration::from_millis(20);
    let policy = RetryPolicy::new().max_retry_after(cap);
    for (name, value, requests) in [
        ("retry-after", "0.02", 2),
        ("retry-after-ms", "20", 2),
        ("retry-after", "0.021", 1),
    ] {
        let world = World::new().await;
        world.answers("GET", [Reply::html(503).with(name, value)]);
        let result = world
            .builder()
            .retry(policy.clone())
            .build()
            .unwrap()
            .permissions(&checkpoint())
            .list()
            .send()
            .await;
        assert_eq!(world.requests().len(), requests, "{name}: {value}");
        assert_eq!(result.is_ok(), requests == 2, "{name}: {value}");
        if let Err(error) = result {
            assert_eq!(error.retry_after(), Some(Duration::from_millis(21)));
            assert!(error.is_server_error());
        }
    }
}

// Rows 24, 38: what the API asks for is neither undercut nor stretched, and 2 retries are the default.
// Extra 14.
#[tokio::test]
async fn the_history_tells_every_attempt_with_the_wait_after_it() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            Reply::html(503)
                .with("retry-after-ms", "3")
                .with("x-request-id", "req_a"),
            Reply::Reset,
            Reply::html(500).with("x-request-id", "req_c"),
        ],
    );
    let error = world.permissions().list().send().await.unwrap_err();
    let attempts = error.attempts();
    assert_eq!(
        attempts
            .iter()
            .map(|attempt| attempt.status())
            .collect::<Vec<_>>(),
        [Some(503), None, Some(500)]
    );
    assert_eq!(
        attempts
            .iter()
            .map(|attempt| attempt.request_id())
            .collect::<Vec<_>>(),
        [Some("req_a"), None, Some("req_c")]
    );
    assert_eq!(attempts[0].delay(), Some(Duration::from_millis(3)));
    assert!(attempts[1].delay().is_some() && attempts[2].delay().is_none());
    assert_eq!(error.request_id(), Some("req_c"));
}

// Row 26.
#[tokio::test]
async fn a_broken_header_never_hides_the_error() {
    for value in [
        "Fri, 32 Foo 2026 99:99:99 GMT",
        "\u{e9}",
        "999999999999999999999999999999 GMT",
    ] {
        let world = World::new().await;
        world.answers("GET", vec![Reply::html(429).with("retry-after", value); 3]);
        let error = world.permissions().list().send().await.unwrap_err();
        assert!(error.is_rate_limited(), "{value}: {error}");
        assert_eq!(world.requests().len(), 3, "{value}");
    }
}

// Row 27.
#[tokio::test]
async fn the_api_may_ask_for_a_retry_and_forbid_one() {
    let world = World::new().await;
    world.answers("GET", [Reply::html(400).with("x-should-retry", "true")]);
    world.permissions().list().send().await.unwrap();
    assert_eq!(world.requests().len(), 2);
    world.answers("GET", [Reply::html(500).with("x-should-retry", "false")]);
    assert!(
        world
            .permissions()
            .list()
            .send()
            .await
            .unwrap_err()
            .is_server_error()
    );
    assert_eq!(world.requests().len(), 3);
}

#[tokio::test]
async fn an_empty_account_is_not_asked_again() {
    let world = World::new().await;
    let error = serde_json::json!({"error": {"message": "quota", "type": "insufficient_quota", "code": "insufficient_quota"}});
    world.answers(
        "GET",
        [Reply::json(429, &error).with("x-should-retry", "true")],
    );
    let error = world.permissions().list().send().await.unwrap_err();
    assert!(
        error.is_quota_exceeded() && !error.is_rate_limited(),
        "{error}"
    );
    assert_eq!(world.requests().len(), 1);
}

// Row 32: what failed with a status is read to its end, so the connection serves the next attempt.
#[tokio::test]
async fn attempts_share_their_connection() {
    let world = World::new().await;
    let permissions = world.permissions();
    for _ in 0..5 {
        world.answers("GET", [Reply::html(500), Reply::html(429)]);
        permissions.list().send().await.unwrap();
    }
    assert_eq!((world.requests().len(), world.connections()), (15, 1));
}

// Rows 38, 81: clones share the pool, and what a call wishes for stays with the call.
#[tokio::test]
async fn a_call_with_wishes_of_its_own_leaves_the_client_as_it_was() {
    let world = World::new().await;
    world.answers("GET", vec![Reply::html(500); 4]);
    let client = world.builder().build().unwrap();
    let none = CallOptions::new().retry(RetryPolicy::none());
    client
        .permissions(&checkpoint())
        .list()
        .options(none)
        .send()
        .await
        .unwrap_err();
    assert_eq!(world.requests().len(), 1);
    let copy = client.clone();
    drop(client);
    copy.permissions(&checkpoint())
        .list()
        .send()
        .await
        .unwrap_err();
    assert_eq!((world.requests().len(), world.connections()), (4, 1));
}

// Rows 23, 40.
// Extra 13.
#[tokio::test]
async fn a_deadline_ends_the_call_and_a_wait_beyond_it_is_not_begun() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            Reply::html(503).with("retry-after", "30"),
            Reply::Stall(vec![]),
        ],
    );
    let list = world
        .permissions()
        .list()
        .options(CallOptions::new().deadline(Duration::from_millis(100)));
    let no_time = list.clone().send().await.unwrap_err();
    assert!(no_time.is_server_error(), "{no_time}");
    let hangs = list.send().await.unwrap_err();
    assert!(hangs.is_timeout(), "{hangs}");
    assert_eq!((hangs.attempts().len(), world.requests().len()), (1, 2));
}

// Row 43.
#[tokio::test]
async fn the_time_out_of_a_call_beats_that_of_the_client_and_nothing_is_a_time_too() {
    let world = World::new().await;
    world.answers("GET", [Reply::Stall(vec![]), Reply::Stall(vec![])]);
    for timeout in [Duration::from_millis(30), Duration::ZERO] {
        let options = CallOptions::new()
            .timeout(timeout)
            .retry(RetryPolicy::none());
        let error = world
            .permissions()
            .list()
            .options(options)
            .send()
            .await
            .unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
}

// Rows 39, 41.
#[tokio::test]
async fn a_future_that_is_dropped_stops_waiting_and_one_that_is_never_polled_sends_nothing() {
    let world = World::new().await;
    world.answers("GET", [Reply::html(503).with("retry-after", "0.05")]);
    let permissions = world.permissions();
    drop(permissions.list().send());
    tokio::select! {
        _ = permissions.list().send() => panic!("it should have waited"),
        () = world.wait_for(1) => {}
    }
    // Long enough for the wait to end, were it still going on: this one waits longer.
    world.answers("DELETE", [Reply::html(503).with("retry-after", "0.2")]);
    permissions
        .delete(&"cp_1".parse().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(world.methods(), "GET DELETE DELETE");
}

// Row 42.
#[tokio::test]
async fn a_call_that_is_dropped_while_its_body_comes_in_lets_go_of_the_connection() {
    let world = World::new().await;
    world.answers(
        "GET",
        [Reply::Stall(
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
        )],
    );
    let permissions = world.permissions();
    tokio::select! {
        _ = permissions.list().send() => panic!("the body never ends"),
        () = world.wait_for(1) => {}
    }
    world.wait_until_left().await;
}

// Row 33.
// Extra 19.
#[tokio::test]
async fn what_fails_before_it_is_sent_is_not_tried_again() {
    let world = World::new().await;
    let error = world.permissions().create([]).send().await.unwrap_err();
    assert!(
        error.is_invalid_request() && error.to_string().contains("no project"),
        "{error}"
    );
    assert!(world.requests().is_empty());
}

// Extra 18.
#[tokio::test]
async fn a_create_that_is_answered_in_part_says_so_and_what_it_settled() {
    let world = World::new().await;
    world.answers("POST", [Reply::new(
        200,
        r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"proj_1"}],"has_more":true}"#,
    )]);
    let error = world
        .permissions()
        .create([project("proj_1"), project("proj_2")])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.is_incomplete() && error.to_string().contains("does not cover proj_2"),
        "{error}"
    );
    assert!(error.to_string().contains("create again"), "{error}");
    let settled: Vec<_> = error
        .created()
        .unwrap()
        .iter()
        .map(|permission| permission.project_id.as_str())
        .collect();
    assert_eq!(settled, ["proj_1"]);
}

// Extra 5.
#[tokio::test]
async fn a_delete_that_was_not_done_is_an_error() {
    let world = World::new().await;
    let body = r#"{"object":"checkpoint.permission","id":"cp_1","deleted":false}"#;
    world.answers(
        "DELETE",
        [
            Reply::new(200, body),
            Reply::new(200, body.replace("false", "true").replace("cp_1", "cp_2")),
        ],
    );
    let permissions = world.permissions();
    for reason in ["did not delete cp_1", "answered for cp_2"] {
        let error = permissions
            .delete(&"cp_1".parse().unwrap())
            .send()
            .await
            .unwrap_err();
        assert!(
            error.is_incomplete() && error.to_string().contains(reason),
            "{error}"
        );
    }
}

// Extra 18.
#[tokio::test]
async fn a_create_whose_answer_gives_several_projects_one_permission_is_not_believed() {
    let world = World::new().await;
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
    world.answers("POST", [Reply::new(200, body)]);
    let error = world
        .permissions()
        .create([project("proj_1"), project("proj_2")])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.is_incomplete() && error.to_string().contains("one and the same permission"),
        "{error}"
    );
    assert!(
        error.created().unwrap().is_empty(),
        "what is read is believed: there is none"
    );
}

// Extra 5.
#[tokio::test]
async fn a_404_that_is_not_the_apis_own_does_not_prove_that_a_permission_is_gone() {
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
        let world = World::with(&["proj_1"]).await;
        let lost = [Reply::Reset, reply.clone()];
        world.answers("DELETE", lost.into_iter().chain([reply]));
        let permissions = world.permissions();
        let by_id = permissions.delete(&"cp_1".parse().unwrap()).send().await;
        let by_project = permissions.delete_project(&project("proj_1")).send().await;
        for error in [by_id.unwrap_err(), by_project.unwrap_err()] {
            assert!(error.is_not_found(), "{error}");
        }
    }
}

// Row 40.
#[tokio::test]
async fn a_slow_key_provider_takes_its_time_from_the_attempt() {
    let world = World::new().await;
    world.answers("GET", [Reply::Stall(Vec::new())]);
    let slow = Duration::from_millis(400);
    let client = world
        .builder()
        .deadline(Duration::from_millis(600))
        .key_provider(move || async move {
            tokio::time::sleep(slow).await;
            Ok(SecretString::from(KEY))
        })
        .build()
        .unwrap();
    let list = client.permissions(&checkpoint()).list();
    let whole = tokio::time::timeout(2 * slow, list.send());
    let error = whole.await.expect("the deadline holds").unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(
        error
            .to_string()
            .contains("allow more time with `deadline`"),
        "{error}"
    );
}
