//! Malformed and unusual HTTP requests, sent as bytes.

use permissions_server::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Client, MODEL};

/// Sends bytes. Returns the status, the code of the error and the lowercase headers of the last response.
async fn exchange(server: &Server, bytes: &[u8]) -> (u16, Option<String>, String) {
    let mut stream = TcpStream::connect(server.address())
        .await
        .expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).await.expect("a response");
    let said = match said.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n") {
        Some(said) => said,
        None => &said,
    };
    let (head, body) = said.split_once("\r\n\r\n").expect("a head");
    let status = head[9..12].parse().expect("a status");
    let head = head.to_ascii_lowercase();
    let length = format!("content-length: {}\r\n", body.len());
    assert!(format!("{head}\r\n").contains(&length), "{head}\n\n{body}");
    if status < 400 {
        return (status, None, head);
    }
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("x-request-id: req_"), "{head}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let error = body["error"].as_object().expect("an error");
    let mut members: Vec<&str> = error.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["code", "message", "param", "type"]);
    let code = error["code"].as_str().expect("a code").to_owned();
    (status, Some(code), head)
}

#[tokio::test]
async fn malformed_request_gets_a_json_error() {
    let server = Server::start().await.expect("a server");
    let many: String = (0..200).map(|n| format!("x{n}: y\r\n")).collect();
    let get = "GET / HTTP/1.1\r\nhost: x\r\n";
    for (bytes, status, code) in [
        ("HELLO\r\n\r\n".to_owned(), 400, "invalid_http"),
        ("G@T / HTTP/1.1\r\n\r\n".to_owned(), 400, "invalid_http"),
        ("GET /\r\n\r\n".to_owned(), 400, "invalid_http"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400, "invalid_http"),
        (format!("{get}na me: y\r\n\r\n"), 400, "invalid_http"),
        (
            format!("{get}content-length: z\r\n\r\n"),
            400,
            "invalid_http",
        ),
        (
            format!("{get}content-length: 18446744073709551616\r\n\r\n"),
            400,
            "invalid_http",
        ),
        (
            format!("{get}content-length: 99999999999999999999999\r\n\r\n"),
            400,
            "invalid_http",
        ),
        (
            format!("{get}content-length: 1\r\ncontent-length: 2\r\n\r\n"),
            400,
            "invalid_http",
        ),
        (
            format!("{get}transfer-encoding: gzip\r\n\r\n"),
            400,
            "invalid_http",
        ),
        (format!("{get}{many}\r\n"), 431, "headers_too_large"),
        (
            format!("{get}x: {}\r\n\r\n", "y".repeat(1_000_000)),
            431,
            "headers_too_large",
        ),
        (
            format!("GET /{} HTTP/1.1\r\n\r\n", "u".repeat(40_000)),
            431,
            "headers_too_large",
        ),
    ] {
        let shown: String = bytes.chars().take(60).collect();
        let (found, error, head) = exchange(&server, bytes.as_bytes()).await;
        assert_eq!((found, error.as_deref()), (status, Some(code)), "{shown}");
        assert!(head.contains("connection: close"), "{head}");
    }
    assert_eq!(Client::of(&server).list("").await.status, 200);
}

#[tokio::test]
async fn malformed_second_request_gets_a_json_error() {
    let server = Server::start().await.expect("a server");
    let mut stream = TcpStream::connect(server.address())
        .await
        .expect("a connection");
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut said = Vec::new();
    while !said.ends_with(b"ok\n") {
        stream.read_buf(&mut said).await.expect("a response");
    }

    stream.write_all(b"HELLO\r\n\r\n").await.expect("sent");

    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.expect("a response");
    assert!(rest.starts_with("HTTP/1.1 400"), "{rest}");
    assert!(rest.contains("\"code\":\"invalid_http\""), "{rest}");
}

#[tokio::test]
async fn unusual_valid_requests_are_served() {
    let server = Server::start().await.expect("a server");
    let path = format!("/v1/fine_tuning/checkpoints/{MODEL}/permissions");
    let key = format!("authorization: Bearer {}\r\n", server.admin_key());
    let json = "content-type: application/json\r\ncontent-length: 26\r\nconnection: close\r\n";
    let body = "{\"project_ids\":[\"proj_a\"]}";
    for (bytes, status, code) in [
        (format!("GET {path} HTTP/1.0\r\n{key}\r\n"), 200, None),
        (
            format!("GET {path} HTTP/1.1\r\nhost: [::1]:80\r\n{key}connection: close\r\n\r\n"),
            200,
            None,
        ),
        (
            format!("GET http://x{path} HTTP/1.1\r\nhost: x\r\n{key}connection: close\r\n\r\n"),
            200,
            None,
        ),
        (
            format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\n{key}expect: 100-continue\r\n{json}\r\n{body}"
            ),
            200,
            None,
        ),
        (
            "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
            404,
            Some("unknown_url"),
        ),
        (
            format!("TRACE {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
            405,
            Some("method_not_allowed"),
        ),
    ] {
        let (found, error, _) = exchange(&server, bytes.as_bytes()).await;
        assert_eq!((found, error.as_deref()), (status, code), "{bytes}");
    }
}

#[tokio::test]
async fn unsupported_method_is_405_with_allow() {
    let server = Server::start().await.expect("a server");
    let list = format!("/v1/fine_tuning/checkpoints/{MODEL}/permissions");
    let one = format!("{list}/cp_1");
    for (path, allow) in [
        (list.as_str(), "get,head,post"),
        (one.as_str(), "delete"),
        ("/healthz", "get,head"),
        ("/readyz", "get,head"),
        ("/metrics", "get,head"),
        ("/openapi.json", "get,head"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] {
            if allow.split(',').any(|has| has.eq_ignore_ascii_case(method)) {
                continue;
            }
            let bytes = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            let (status, code, head) = exchange(&server, bytes.as_bytes()).await;
            assert_eq!((status, code.as_deref()), (405, Some("method_not_allowed")));
            assert!(head.contains(&format!("allow: {allow}")), "{method} {head}");
        }
    }
}

#[tokio::test]
async fn client_sending_too_much_receives_413() {
    let server = Server::start().await.expect("a server");
    let head = format!(
        "POST /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 6000000\r\n\r\n",
        server.admin_key()
    );
    let bytes = [head.into_bytes(), vec![b' '; 6_000_000]].concat();
    let (status, code, _) = exchange(&server, &bytes).await;
    assert_eq!((status, code.as_deref()), (413, Some("request_too_large")));
}

#[tokio::test]
async fn invalid_host_authorization_or_escape_is_400() {
    let server = Server::start().await.expect("a server");
    let list = format!("/v1/fine_tuning/checkpoints/{MODEL}/permissions");
    let key = format!("authorization: Bearer {}\r\n", server.admin_key());
    let host = "host: x\r\n";
    for (path, headers, code) in [
        (&*list, key.clone(), "invalid_host"),
        ("/healthz", String::new(), "invalid_host"),
        (&list, format!("{host}{host}{key}"), "invalid_host"),
        (&list, format!("host: a b\r\n{key}"), "invalid_host"),
        (&list, format!("host:\r\n{key}"), "invalid_host"),
        (&list, format!("host: me@x\r\n{key}"), "invalid_host"),
        (&list, format!("host: http://x/\r\n{key}"), "invalid_host"),
        (&list, format!("{host}{key}{key}"), "duplicate_header"),
        (
            "/v1/fine_tuning/checkpoints/%zz/permissions",
            format!("{host}{key}"),
            "invalid_url",
        ),
        ("/v1/models%4", host.to_owned(), "invalid_url"),
        (
            "/v1/fine_tuning/checkpoints/m/permissions?after=%",
            format!("{host}{key}"),
            "invalid_url",
        ),
    ] {
        let bytes = format!("GET {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        let (status, found, _) = exchange(&server, bytes.as_bytes()).await;
        assert_eq!((status, found.as_deref()), (400, Some(code)), "{bytes}");
    }
    let old = format!("GET {list} HTTP/1.0\r\n{host}{host}{key}\r\n");
    let (status, ..) = exchange(&server, old.as_bytes()).await;
    assert_eq!(status, 400);
}
