//! Every fault with every operation: what the caller gets, what was sent, what the store holds, what the texts show.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use permissions_ext::Error;

use crate::cell::{
    Create, Delete, DeleteProject, EVERY, List, again, cell, cell_within, once, seen_as_done,
};
use crate::support::wire::Reply;
use crate::support::{Fault, KEY, World};

/// Long enough for every request that is answered, short enough to wait for those that are not.
const HASTE: Duration = Duration::from_secs(2);

const FLOAT: &str = r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_1","project_id":"proj_1",
    "created_at":1.5}],"has_more":false}"#;

// Row 34.
#[tokio::test]
async fn a_connection_that_breaks_or_hangs_before_the_request_is_carried_out_costs_an_attempt() {
    for operation in EVERY {
        for (name, reply) in [
            ("reset", Reply::Reset),
            ("closed without a word", Reply::Bytes(vec![])),
            ("no answer in time", Reply::Stall(vec![])),
            (
                "half a head",
                Reply::Bytes(vec![b"HTTP/1.1 200 O".to_vec()]),
            ),
            (
                "half a head, then nothing",
                Reply::Stall(b"HTTP/1.1 200 O".to_vec()),
            ),
            (
                "not HTTP",
                Reply::Bytes(vec![b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()]),
            ),
        ] {
            let cell = cell_within(HASTE, name, operation, vec![Fault::Before(reply)]).await;
            cell.succeeded(operation, again(operation));
        }
    }
}

// Extras 4, 5.
#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_done_twice() {
    for operation in EVERY {
        for (name, fault) in [
            ("reset after", Fault::After(Reply::Reset)),
            (
                "no answer in time after",
                Fault::After(Reply::Stall(vec![])),
            ),
            ("502 after", Fault::After(Reply::html(502))),
            (
                "truncated",
                Fault::Twisted(|bytes| Reply::Bytes(vec![bytes[..bytes.len() - 9].to_vec()])),
            ),
            (
                "body stops",
                Fault::Twisted(|bytes| Reply::Stall(bytes[..bytes.len() - 9].to_vec())),
            ),
        ] {
            cell_within(HASTE, name, operation, vec![fault])
                .await
                .succeeded(operation, seen_as_done(operation));
        }
    }
}

#[tokio::test]
async fn a_status_that_passes_is_tried_again_whatever_its_body() {
    let error = serde_json::json!({"error": {"message": "overloaded", "type": "server_error", "param": null, "code": "busy"}});
    for operation in EVERY {
        for status in [408, 409, 500, 502, 503, 504, 529] {
            for (kind, reply) in [
                ("JSON", Reply::json(status, &error)),
                ("HTML", Reply::html(status)),
                ("nothing", Reply::new(status, "")),
            ] {
                let cell = cell(
                    &format!("{status} with {kind}"),
                    operation,
                    vec![Fault::Before(reply)],
                )
                .await;
                cell.succeeded(operation, again(operation));
            }
        }
    }
}

// Row 18.
#[tokio::test]
async fn too_many_requests_are_answered_with_patience_in_every_form_the_api_asks_for_it() {
    for operation in EVERY {
        for (name, value) in [
            ("retry-after", "0"),
            ("retry-after", "0.01"),
            ("retry-after-ms", "5"),
            ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("retry-after", "garbage"),
            ("x-other", "none"),
        ] {
            let reply = Reply::html(429).with(name, value);
            let cell = cell(
                &format!("429 {name}: {value}"),
                operation,
                vec![Fault::Before(reply)],
            )
            .await;
            // Refused is refused: no reading is needed before the next attempt.
            cell.succeeded(operation, &format!("{0} {0}", operation.method()));
        }
        let reply = Reply::html(429).with("retry-after", "61");
        let cell = cell("429 beyond the cap", operation, vec![Fault::Before(reply)]).await;
        let error = cell.failed(operation, Error::is_rate_limited, operation.method(), false);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    }
}

#[tokio::test]
async fn a_server_that_stays_broken_is_given_up_with_the_whole_story() {
    for operation in EVERY {
        let cell = cell(
            "500 for ever",
            operation,
            vec![Fault::Before(Reply::html(500)); 3],
        )
        .await;
        let methods = match operation {
            List => "GET GET GET",
            Create => "POST GET POST GET POST GET",
            Delete | DeleteProject => "DELETE DELETE DELETE",
        };
        let error = cell.failed(operation, Error::is_server_error, methods, false);
        assert_eq!(error.attempts().len(), 3);
        assert!(error.to_string().contains("after 3 attempts"), "{error}");
        assert_eq!(error.message(), Some("Bad Gateway"));
    }
}

#[tokio::test]
async fn a_refusal_is_final() {
    for operation in EVERY {
        for (status, is) in [
            (400, Error::is_invalid_request as fn(&Error) -> bool),
            (401, Error::is_unauthorized),
            (403, Error::is_permission_denied),
            (404, Error::is_not_found),
            (422, Error::is_invalid_request),
        ] {
            if matches!((operation, status), (DeleteProject, 404)) {
                // What the project was just read to have is gone: that is what was asked for.
                continue;
            }
            let faults = vec![Fault::Before(Reply::html(status))];
            let cell = cell(&status.to_string(), operation, faults).await;
            let error = cell.failed(operation, is, operation.method(), false);
            assert_eq!(error.status(), Some(status));
        }
    }
}

// Extra 17.
#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = World::new().await;
    for operation in EVERY {
        for status in [301, 302, 303, 307, 308] {
            let reply = Reply::new(status, "").with(
                "location",
                &format!("http://{}/v1?token=hunter2", elsewhere.address),
            );
            let cell = cell(&status.to_string(), operation, vec![Fault::Before(reply)]).await;
            let error = cell.failed(operation, Error::is_redirect, once(operation), false);
            assert!(
                error.to_string().contains(&elsewhere.address.to_string()),
                "{error}"
            );
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
    assert!(elsewhere.requests().is_empty());
}

// Rows 48, 49, 50, 52. Extra 8.
#[tokio::test]
async fn a_success_that_is_none_is_an_error() {
    let cases: [(&str, Reply); 12] = [
        ("HTML", Reply::html(200)),
        ("{}", Reply::new(200, "{}")),
        ("[]", Reply::new(200, "[]")),
        ("null", Reply::new(200, "null")),
        ("nothing", Reply::new(200, "")),
        ("white space", Reply::new(200, " \n ")),
        (
            "an error",
            Reply::new(200, r#"{"error":{"message":"overloaded","code":"busy"}}"#),
        ),
        (
            "null data",
            Reply::new(200, r#"{"object":"list","data":null,"has_more":false}"#),
        ),
        ("a float for an integer", Reply::new(200, FLOAT)),
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
            "gzip that nobody asked for",
            Reply::new(200, b"\x1f\x8b\x08\0\0\0\0\0".to_vec()).with("content-encoding", "gzip"),
        ),
    ];
    for operation in EVERY {
        for (name, reply) in &cases {
            let cell = cell(name, operation, vec![Fault::Before(reply.clone())]).await;
            let error = cell.failed(operation, Error::is_decode, once(operation), false);
            assert_eq!(error.status(), Some(200), "{name}");
            match *name {
                "an error" => assert_eq!(error.code(), Some("busy")),
                "HTML" => assert_eq!(error.message(), Some("Bad Gateway")),
                "nothing" | "white space" => {
                    assert!(error.to_string().contains("the answer is empty"), "{error}")
                }
                "gzip that nobody asked for" => {
                    assert!(error.to_string().contains("gzip"), "{error}")
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_cut_off_and_not_asked_for_again() {
    for operation in EVERY {
        let taken = Arc::new(AtomicUsize::new(0));
        let faults = vec![Fault::Before(Reply::Endless(taken.clone()))];
        let cell = cell("1 GiB", operation, faults).await;
        cell.failed(operation, Error::is_body_too_large, once(operation), false);
        // A limit of 1 MiB, and what sockets hold.
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken < 32 << 20, "{taken} bytes were taken");
    }
}

#[tokio::test]
async fn an_error_of_any_size_keeps_its_beginning() {
    let endless = b"HTTP/1.1 400 Bad\r\ncontent-length: 1073741824\r\n\r\n".to_vec();
    let faults = vec![Fault::Before(Reply::Bytes(
        [vec![endless], vec![vec![b'x'; 65_536]; 64]].concat(),
    ))];
    let cell = cell("400 without end", List, faults).await;
    let error = cell.failed(List, Error::is_invalid_request, "GET", false);
    assert_eq!(error.body().unwrap().len(), 65_536);
    assert!(error.to_string().len() < 1_000);
}

// Rows 51, 77.
#[tokio::test]
async fn an_answer_in_odd_pieces_is_an_answer() {
    fn chunked(bytes: Vec<u8>) -> Reply {
        let at = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap()
            + 4;
        let mut pieces = vec![b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()];
        for chunk in bytes[at..].chunks(7) {
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
    fn more_fields(bytes: Vec<u8>) -> Reply {
        let text = String::from_utf8(bytes).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let body = body.replace(r#""object":"#, r#""shade":{"a":[null,1.5]},"object":"#);
        Reply::new(
            200,
            body.replace(r#""checkpoint.permission""#, r#""something.new""#),
        )
        .with("content-type", "text/plain")
    }
    for operation in EVERY {
        for (name, twist) in [
            ("chunked at odd places", chunked as fn(Vec<u8>) -> Reply),
            ("byte by byte", byte_by_byte),
            (
                "unknown fields and values, under another content type",
                more_fields,
            ),
        ] {
            let cell = cell(name, operation, vec![Fault::Twisted(twist)]).await;
            cell.succeeded(operation, operation.method());
        }
    }
}

#[tokio::test]
async fn a_key_that_the_server_sends_back_is_blotted_out() {
    for operation in EVERY {
        let error = serde_json::json!({"error": {"message": format!("no such key: {KEY}"), "code": KEY, "param": KEY}});
        let cell = cell(
            "the key in an error",
            operation,
            vec![Fault::Before(Reply::json(401, &error))],
        )
        .await;
        let error = cell.failed(operation, Error::is_unauthorized, operation.method(), false);
        assert_eq!(error.message(), Some("no such key: [key]"));
    }
    let escaped: String = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let body = format!(r#"{{"error":{{"message":"no such key: {escaped}"}}}}"#);
    let hidden = cell(
        "the key in escapes, and as the request's id",
        List,
        vec![Fault::Before(
            Reply::new(401, body).with("x-request-id", KEY),
        )],
    )
    .await;
    let error = hidden.failed(List, Error::is_unauthorized, List.method(), false);
    assert_eq!(error.message(), Some("no such key: [key]"));
    assert_eq!(error.request_id(), Some("[key]"));
    let body = format!(r#"{{"object":"list","data":"{KEY}","has_more":false}}"#);
    let cell = cell(
        "the key where a list should be",
        List,
        vec![Fault::Before(Reply::new(200, body))],
    )
    .await;
    cell.failed(List, Error::is_decode, "GET", false);
}
