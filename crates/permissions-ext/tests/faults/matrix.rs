//! Every fault with every operation: the result, the requests, the store and the error texts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use permissions_ext::ErrorKind;
use serde_json::json;

use crate::scenario::{
    Create, Delete, DeleteProject, List, ListProjects, OPERATIONS, methods_if_done,
    methods_if_not_done, methods_without_retry, run, run_with_timeout,
};
use crate::support::wire::Reply;
use crate::support::{Fault, FaultServer, KEY};

/// Timeout of an attempt: long enough for every response, and short enough for tests without a response.
const SHORT_TIMEOUT: Duration = Duration::from_secs(2);

const FLOAT: &str = r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_1","project_id":"proj_1",
    "created_at":1.5}],"has_more":false}"#;

#[tokio::test]
async fn connection_lost_before_processing_is_retried() {
    for operation in OPERATIONS {
        for (name, reply) in [
            ("reset", Reply::Reset),
            ("closed without a response", Reply::Bytes(vec![])),
            ("no response in time", Reply::Stall(vec![])),
            (
                "half of the head",
                Reply::Bytes(vec![b"HTTP/1.1 200 O".to_vec()]),
            ),
            (
                "half of the head, then nothing",
                Reply::Stall(b"HTTP/1.1 200 O".to_vec()),
            ),
            (
                "not HTTP",
                Reply::Bytes(vec![b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()]),
            ),
        ] {
            let faults = vec![Fault::Before(reply)];
            let outcome = run_with_timeout(SHORT_TIMEOUT, name, operation, faults).await;
            outcome.succeeded(methods_if_not_done(operation));
        }
    }
}

#[tokio::test]
async fn write_with_lost_response_is_done_once() {
    for operation in OPERATIONS {
        for (name, fault) in [
            ("reset", Fault::After(Reply::Reset)),
            ("no response in time", Fault::After(Reply::Stall(vec![]))),
            ("502", Fault::After(Reply::html(502))),
            (
                "truncated body",
                Fault::Changed(|bytes| Reply::Bytes(vec![bytes[..bytes.len() - 9].to_vec()])),
            ),
            (
                "stalled body",
                Fault::Changed(|bytes| Reply::Stall(bytes[..bytes.len() - 9].to_vec())),
            ),
        ] {
            run_with_timeout(SHORT_TIMEOUT, name, operation, vec![fault])
                .await
                .succeeded(methods_if_done(operation));
        }
    }
}

#[tokio::test]
async fn retryable_status_with_any_body_is_retried() {
    let error = json!({"error": {"message": "overloaded", "type": "server_error", "param": null, "code": "busy"}});
    for operation in OPERATIONS {
        for status in [408, 409, 500, 502, 503, 504, 529] {
            for (body, reply) in [
                ("JSON", Reply::json(status, &error)),
                ("HTML", Reply::html(status)),
                ("no body", Reply::new(status, "")),
            ] {
                let name = format!("{status} with {body}");
                let outcome = run(&name, operation, vec![Fault::Before(reply)]).await;
                outcome.succeeded(methods_if_not_done(operation));
            }
        }
    }
}

#[tokio::test]
async fn rate_limit_in_every_format_is_obeyed() {
    for operation in OPERATIONS {
        for (name, value) in [
            ("retry-after", "0"),
            ("retry-after", "0.01"),
            ("retry-after-ms", "5"),
            ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("retry-after", "garbage"),
            ("x-other", "none"),
        ] {
            let reply = Reply::html(429).with(name, value);
            let name = format!("429 {name}: {value}");
            let outcome = run(&name, operation, vec![Fault::Before(reply)]).await;
            // 429 is unambiguous, so a create does not list before it retries.
            outcome.succeeded(&format!("{0} {0}", operation.method()));
        }
        let reply = Reply::html(429).with("retry-after", "61");
        let outcome = run("429 above the limit", operation, vec![Fault::Before(reply)]).await;
        let error = outcome.failed(ErrorKind::RateLimited, operation.method());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    }
}

#[tokio::test]
async fn permanent_500_fails_and_error_lists_all_attempts() {
    for operation in OPERATIONS {
        let faults = vec![Fault::Before(Reply::html(500)); 3];
        let outcome = run("permanent 500", operation, faults).await;
        let methods = match operation {
            List | ListProjects => "GET GET GET",
            Create => "POST GET POST GET POST GET",
            Delete | DeleteProject => "DELETE DELETE DELETE",
        };
        let error = outcome.failed(ErrorKind::Server, methods);
        assert_eq!(error.attempts().len(), 3);
        assert!(error.to_string().contains("after 3 attempts"), "{error}");
        assert_eq!(error.message(), Some("Bad Gateway"));
    }
}

#[tokio::test]
async fn client_error_status_is_not_retried() {
    for operation in OPERATIONS {
        for (status, kind) in [
            (400, ErrorKind::InvalidRequest),
            (401, ErrorKind::Unauthorized),
            (403, ErrorKind::PermissionDenied),
            (404, ErrorKind::NotFound),
            (422, ErrorKind::InvalidRequest),
        ] {
            let faults = vec![Fault::Before(Reply::html(status))];
            let outcome = run(&status.to_string(), operation, faults).await;
            let error = outcome.failed(kind, operation.method());
            assert_eq!(error.status(), Some(status));
        }
    }
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let target = FaultServer::start().await;
    for operation in OPERATIONS {
        for status in [301, 302, 303, 307, 308] {
            let location = format!("http://{}/v1?token=hunter2", target.address);
            let reply = Reply::new(status, "").with("location", &location);
            let outcome = run(&status.to_string(), operation, vec![Fault::Before(reply)]).await;
            let error = outcome.failed(ErrorKind::Redirect, methods_without_retry(operation));
            let text = error.to_string();
            assert!(text.contains(&target.address.to_string()), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn success_with_invalid_body_is_decode_error() {
    let cases: [(&str, Reply); 12] = [
        ("HTML", Reply::html(200)),
        ("{}", Reply::new(200, "{}")),
        ("[]", Reply::new(200, "[]")),
        ("null", Reply::new(200, "null")),
        ("empty", Reply::new(200, "")),
        ("white space", Reply::new(200, " \n ")),
        (
            "error object",
            Reply::new(200, r#"{"error":{"message":"overloaded","code":"busy"}}"#),
        ),
        (
            "null data",
            Reply::new(200, r#"{"object":"list","data":null,"has_more":false}"#),
        ),
        ("float instead of integer", Reply::new(200, FLOAT)),
        (
            "no has_more",
            Reply::new(200, r#"{"object":"list","data":[]}"#),
        ),
        (
            "invalid UTF-8",
            Reply::new(
                200,
                b"{\"object\":\"list\",\"data\":[],\"first_id\":\"\xff\",\"has_more\":false}"
                    .to_vec(),
            ),
        ),
        (
            "unexpected gzip",
            Reply::new(200, b"\x1f\x8b\x08\0\0\0\0\0".to_vec()).with("content-encoding", "gzip"),
        ),
    ];
    for operation in OPERATIONS {
        for (name, reply) in &cases {
            let outcome = run(name, operation, vec![Fault::Before(reply.clone())]).await;
            let error = outcome.failed(ErrorKind::Decode, methods_without_retry(operation));
            assert_eq!(error.status(), Some(200), "{name}");
            let text = error.to_string();
            match *name {
                "error object" => assert_eq!(error.code(), Some("busy")),
                "HTML" => assert_eq!(error.message(), Some("Bad Gateway")),
                "empty" | "white space" => assert!(text.contains("body is empty"), "{text}"),
                "unexpected gzip" => assert!(text.contains("gzip"), "{text}"),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn oversized_body_is_cut_off_and_not_retried() {
    for operation in OPERATIONS {
        let sent = Arc::new(AtomicUsize::new(0));
        let faults = vec![Fault::Before(Reply::Endless(sent.clone()))];
        let outcome = run("1 GiB", operation, faults).await;
        outcome.failed(ErrorKind::BodyTooLarge, methods_without_retry(operation));
        // The body limit is 1 MiB, and socket buffers contain some more.
        let sent = sent.load(Ordering::Relaxed);
        assert!(sent < 32 << 20, "{sent} bytes were received");
    }
}

#[tokio::test]
async fn large_error_body_keeps_its_first_64_kib() {
    let head = b"HTTP/1.1 400 Bad\r\ncontent-length: 1073741824\r\n\r\n".to_vec();
    let pieces = [vec![head], vec![vec![b'x'; 65_536]; 64]].concat();
    let faults = vec![Fault::Before(Reply::Bytes(pieces))];
    let outcome = run("400 with 1 GiB", List, faults).await;
    let error = outcome.failed(ErrorKind::InvalidRequest, "GET");
    assert_eq!(error.body().unwrap().len(), 65_536);
    assert!(error.to_string().len() < 1_000);
}

#[tokio::test]
async fn response_with_small_chunks_or_unknown_properties_is_accepted() {
    fn chunked(bytes: Vec<u8>) -> Reply {
        let body = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap()
            + 4;
        let mut pieces = vec![b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()];
        for chunk in bytes[body..].chunks(7) {
            pieces.extend([
                format!("{:x}", chunk.len()).into_bytes(),
                b"\r\n".to_vec(),
                chunk.to_vec(),
                b"\r\n".to_vec(),
            ]);
        }
        pieces.push(b"0\r\n\r\n".to_vec());
        Reply::Bytes(pieces)
    }
    fn byte_by_byte(bytes: Vec<u8>) -> Reply {
        Reply::Bytes(bytes.into_iter().map(|byte| vec![byte]).collect())
    }
    fn with_unknown_properties(bytes: Vec<u8>) -> Reply {
        let text = String::from_utf8(bytes).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let body = body
            .replace(r#""object":"#, r#""new":{"a":[null,1.5]},"object":"#)
            .replace(r#""checkpoint.permission""#, r#""something.new""#);
        Reply::new(200, body).with("content-type", "text/plain")
    }
    for operation in OPERATIONS {
        for (name, change) in [
            ("chunks of 7 bytes", chunked as fn(Vec<u8>) -> Reply),
            ("single bytes", byte_by_byte),
            (
                "unknown properties and another content type",
                with_unknown_properties,
            ),
        ] {
            let outcome = run(name, operation, vec![Fault::Changed(change)]).await;
            outcome.succeeded(operation.method());
        }
    }
}

#[tokio::test]
async fn echoed_key_is_redacted() {
    for operation in OPERATIONS {
        let error =
            json!({"error": {"message": format!("no such key: {KEY}"), "code": KEY, "param": KEY}});
        let faults = vec![Fault::Before(Reply::json(401, &error))];
        let outcome = run("key in the error", operation, faults).await;
        let error = outcome.failed(ErrorKind::Unauthorized, operation.method());
        assert_eq!(error.message(), Some("no such key: [redacted]"));
    }
    let escaped: String = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let body = format!(r#"{{"error":{{"message":"no such key: {escaped}"}}}}"#);
    let reply = Reply::new(401, body).with("x-request-id", KEY);
    let outcome = run("escaped key", List, vec![Fault::Before(reply)]).await;
    let error = outcome.failed(ErrorKind::Unauthorized, List.method());
    assert_eq!(error.message(), Some("no such key: [redacted]"));
    assert_eq!(error.request_id(), Some("[redacted]"));

    let body = format!(r#"{{"object":"list","data":"{KEY}","has_more":false}}"#);
    let faults = vec![Fault::Before(Reply::new(200, body))];
    let outcome = run("key instead of a list", List, faults).await;
    outcome.failed(ErrorKind::Decode, "GET");
}
