//! Tests of the requests that the generated client sends to a server that records them.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use permissions_api::hooks::{CallContext, ResponseHead};
use permissions_api::ids::{CheckpointId, InvalidId, PermissionId};
use permissions_api::{Client, Error, types::Order};
use proptest::prelude::*;

const PAGE: &str = r#"{"object":"list","data":[],"has_more":false}"#;

/// Starts a server for one request. The thread returns the head of the request.
fn serve(response: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
        }
        stream.write_all(response.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (base_url, server)
}

/// A response with `Content-Length`.
fn sized(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nx-own: 1\r\nconnection: close\r\n\r\n{body}"
    )
}

fn client(base_url: &str, context: CallContext) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Client::new_with_client(base_url, http, context)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

#[test]
fn list_sends_query_and_context_headers_only() {
    let (base_url, server) = serve(sized(200, PAGE));
    let mut context = CallContext::default();
    let key = "Bearer key".parse().unwrap();
    context.headers_mut().insert("authorization", key);
    context.query.push(("extra".into(), "a b".into()));
    context.timeout = Some(Duration::from_secs(30));
    let head = ResponseHead::default();
    context.head = Some(head.clone());
    let mut client = client(&base_url, CallContext::default()).clone();
    *client.context_mut() = context;

    let call = client
        .list_checkpoint_permissions()
        .fine_tuned_model_checkpoint("ft:a/b")
        .order(Order::Ascending);
    let page = block_on(call.limit(2).send()).unwrap();

    assert_eq!(page.object, "list");
    let head = head.lock().unwrap().take().unwrap();
    assert_eq!(
        (head.status().as_u16(), &head.headers()["x-own"]),
        (200, &"1".parse().unwrap())
    );
    let request = server.join().unwrap();
    let line = "GET /v1/fine_tuning/checkpoints/ft:a%2Fb/permissions?limit=2&order=ascending&extra=a+b HTTP/1.1\r\n";
    assert!(request.starts_with(line), "{request}");
    assert!(
        request.contains("authorization: Bearer key\r\n"),
        "{request}"
    );
    assert!(!request.contains("api-version"), "{request}");
}

#[test]
fn body_above_limit_fails_without_content_length() {
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{PAGE}\r\n0\r\n\r\n",
        PAGE.len()
    );
    for response in [chunked, sized(200, PAGE)] {
        let (base_url, server) = serve(response);
        let mut context = CallContext::default();
        context.body_limit = Some(PAGE.len() - 1);
        let client = client(&base_url, context);

        let call = client
            .list_checkpoint_permissions()
            .fine_tuned_model_checkpoint("ft:a");
        let error = block_on(call.send()).unwrap_err();

        assert!(matches!(error, Error::ResponseBodyError(_)), "{error}");
        assert!(
            format!("{error:#}").contains("length limit exceeded"),
            "{error:#}"
        );
        server.join().unwrap();
    }
}

#[test]
fn error_status_keeps_url_and_body() {
    let body = "not found";
    let response = format!("HTTP/1.1 404 X\r\nconnection: close\r\n\r\n{body}");
    let (base_url, server) = serve(response);
    let client = client(&base_url, CallContext::default());

    let call = client
        .delete_checkpoint_permission()
        .fine_tuned_model_checkpoint("ft:a")
        .permission_id("cp_a");
    let (url, text) = block_on(async {
        let Err(Error::UnexpectedResponse(response)) = call.send().await else {
            return (String::new(), String::new());
        };
        (response.url().to_string(), response.text().await.unwrap())
    });

    assert_eq!(
        url,
        format!("{base_url}/fine_tuning/checkpoints/ft:a/permissions/cp_a")
    );
    assert_eq!(text, body);
    server.join().unwrap();
}

#[test]
fn invalid_id_is_rejected_before_a_request() {
    let client = client("http://127.0.0.1:9", CallContext::default());
    for id in ["", ".", "..", "a\\..\\b"] {
        let call = client
            .list_checkpoint_permissions()
            .fine_tuned_model_checkpoint(id);
        let error = block_on(call.send()).unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Percent-encoding must keep each id in its own path segment.
    #[test]
    fn ids_stay_in_their_path_segments(checkpoint in "[a-c:/\\\\?#%. é]{0,6}", permission in "[a-c:/\\\\?#%. é]{0,6}") {
        let ids: Result<(CheckpointId, PermissionId), InvalidId> =
            checkpoint.parse().and_then(|checkpoint| Ok((checkpoint, permission.parse()?)));
        let Ok((checkpoint, permission)) = ids else { return Ok(()) };
        let (base_url, server) = serve(sized(404, ""));
        let client = client(&base_url, CallContext::default());
        let call = client.delete_checkpoint_permission().fine_tuned_model_checkpoint(&checkpoint).permission_id(&permission);
        let response = block_on(call.send());
        prop_assert!(response.is_err());
        let request = server.join().unwrap();
        let path = request.split(' ').nth(1).unwrap();
        let segments: Vec<&str> = path.split('/').collect();
        prop_assert_eq!(segments.len(), 7);
        for (segment, id) in [(segments[4], checkpoint.as_str()), (segments[6], permission.as_str())] {
            let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let url = |segment: &str| reqwest::Url::parse(&format!("http://h/{segment}")).unwrap();
            prop_assert_eq!(decoded(url(segment).path()), decoded(url(&encoded).path()));
        }
    }
}

/// Decodes percent-encoding.
fn decoded(path: &str) -> Vec<u8> {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}
