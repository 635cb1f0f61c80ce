//! Errors, metadata and events of responses.

use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::{ErrorKind, Event};
use serde_json::json;

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, checkpoint, list};

#[tokio::test]
async fn error_body_in_any_format_is_readable() {
    let nested = json!({"error": {"message": "no such cursor.", "type": "invalid_request_error", "param": "after", "code": "bad_cursor"}});
    let numbers = json!({"error": {"message": "seven", "type": 7, "param": null, "code": 400}});
    let cases: Vec<(&str, Reply)> = vec![
        ("nested", Reply::json(400, &nested)),
        ("numbers", Reply::json(400, &numbers)),
        (
            "a string",
            Reply::json(403, &json!({"error": "not here", "code": "c1"})),
        ),
        (
            "flat",
            Reply::json(403, &json!({"message": "flat", "code": "c2", "type": "t2"})),
        ),
        (
            "detail",
            Reply::json(422, &json!({"detail": "of another kind"})),
        ),
        ("a list", Reply::json(400, &json!([1, 2]))),
        ("a text", Reply::json(400, &json!("in quotes"))),
        ("html", Reply::html(403)),
        ("plain", Reply::new(400, "upstream\n  said no")),
        ("nothing", Reply::new(404, "")),
        (
            "invalid utf-8",
            Reply::new(400, b"caf\xe9 \x00 closed".to_vec()),
        ),
        ("null", Reply::json(400, &json!({"error": null}))),
        ("long", Reply::new(400, "x".repeat(10_000))),
    ];
    let mut texts = String::new();
    for (name, reply) in cases {
        let server = FaultServer::start().await;
        server.respond("GET", [reply.with("x-request-id", "req_9")]);
        let error = server.permissions().list().send().await.unwrap_err();
        assert_eq!(error.request_id(), Some("req_9"), "{name}");
        writeln!(
            texts,
            "{name}\n  code {:?}, type {:?}, param {:?}",
            error.code(),
            error.type_(),
            error.param()
        )
        .unwrap();
        writeln!(texts, "  {error}\n").unwrap();
    }
    insta::with_settings!({ description => "the error text for each format of the body", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("error_bodies", texts);
    });
}

#[tokio::test]
async fn debug_of_error_lists_causes_and_attempts() {
    let server = FaultServer::start().await;
    let refused = json!({"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}});
    server.respond(
        "GET",
        [
            Reply::html(503)
                .with("retry-after-ms", "3")
                .with("x-request-id", "req_a"),
            Reply::Reset,
            Reply::json(401, &refused).with("x-request-id", "req_c"),
        ],
    );
    let after_attempts = server.permissions().list().send().await.unwrap_err();
    let builder = server.client_builder().key_provider(|| async {
        let cause: Result<_, std::num::ParseIntError> = "x".parse::<u8>();
        cause?;
        Ok(permissions_ext::SecretString::from(KEY))
    });
    let client = builder.build().unwrap();
    let list = client.permissions(checkpoint()).unwrap().list();
    let with_cause = list.send().await.unwrap_err();
    let text = format!("Error: {after_attempts:?}\n\n---\n\nError: {with_cause:?}");
    insta::with_settings!({
        description => "the text that `fn main() -> Result<(), Error>` prints",
        prepend_module_to_snapshot => false,
        filters => vec![(r"\d+(\.\d+)?(ns|µs|ms|s)\b", "[time]")],
    }, {
        insta::assert_snapshot!("error_of_main", text);
    });
}

#[tokio::test]
async fn connect_and_timeout_errors_have_different_kinds() {
    let server = FaultServer::start().await;
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let client = server
        .client_builder()
        .base_url(format!("http://{closed}"))
        .build()
        .unwrap();
    let refused = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap_err();
    assert!(
        refused.kind() == ErrorKind::Connect && refused.kind() != ErrorKind::Timeout,
        "{refused}"
    );
    assert!(
        refused
            .to_string()
            .to_lowercase()
            .contains("connection refused"),
        "{refused}"
    );
    assert!(refused.source().is_some());
    assert_eq!(refused.attempts().len(), 3);

    server.respond("GET", vec![Reply::Stall(vec![]); 3]);
    let client = server
        .client_builder()
        .timeout(Duration::from_millis(30))
        .build()
        .unwrap();
    let late = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap_err();
    assert!(
        late.kind() == ErrorKind::Timeout && late.kind() != ErrorKind::Connect,
        "{late}"
    );
}

#[tokio::test]
async fn results_and_errors_have_request_id_and_rate_limit() {
    let limited = |reply: Reply| {
        let reply = reply
            .with("x-request-id", "req_7")
            .with("x-ratelimit-limit-requests", "500");
        reply
            .with("x-ratelimit-remaining-requests", "499")
            .with("x-ratelimit-reset-requests", "120ms")
    };
    let server = FaultServer::start().await;
    let empty = json!({"object": "list", "data": [], "has_more": false});
    server.respond("GET", [limited(Reply::json(200, &empty))]);
    server.respond("DELETE", [limited(Reply::html(404))]);

    let page = server.permissions().list().send().await.unwrap();
    let error = server
        .permissions()
        .delete("cp_1")
        .send()
        .await
        .unwrap_err();

    assert_eq!(
        (page.metadata().request_id(), error.request_id()),
        (Some("req_7"), Some("req_7"))
    );
    for limit in [
        page.metadata().rate_limit().unwrap(),
        error.rate_limit().unwrap(),
    ] {
        assert_eq!((limit.limit, limit.remaining), (Some(500), Some(499)));
        assert_eq!(limit.reset, Some(Duration::from_millis(120)));
    }
    let created = server
        .permissions()
        .create(["proj_1"])
        .send()
        .await
        .unwrap();
    assert_eq!(created.metadata().request_id(), Some("req_2"));
    assert_eq!(
        created.metadata().header("Content-Type"),
        Some("application/json")
    );
}

#[tokio::test]
async fn redirect_error_contains_target() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [Reply::new(302, "").with("location", "https://elsewhere.example/x")],
    );
    let error = server.permissions().list().send().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert!(
        error.kind() == ErrorKind::Redirect
            && error.to_string().contains("https://elsewhere.example"),
        "{error}"
    );
}

#[tokio::test]
async fn observer_receives_attempts_and_pages_without_secrets() {
    let server = FaultServer::with_permissions(&["proj_1"]).await;
    server.respond("GET", [Reply::html(500)]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let client = server.client_builder().observer(move |event| {
        assert!(!format!("{event:?}").contains(KEY));
        log.lock().unwrap().push(match event {
            Event::Failed {
                operation,
                failures,
                delay,
                ..
            } => format!("{operation} failed {failures}, retry: {}", delay.is_some()),
            Event::Succeeded {
                operation,
                metadata,
                ..
            } => format!("{operation} succeeded after {}", metadata.retries()),
            Event::Page {
                items, has_more, ..
            } => format!("page of {items}, more: {has_more}"),
            _ => "another event".to_owned(),
        });
    });
    list(client).send().await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "list failed 1, retry: true",
            "list succeeded after 1",
            "page of 1, more: false"
        ]
    );
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
