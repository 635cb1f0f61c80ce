//! What unfriendly or broken clients can do, and cannot.

use std::sync::Arc;
use std::time::Duration;

use permissions_server::{Limits, Server};
use reqwest::Method;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{Client, MODEL};

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address())
        .await
        .expect("a connection")
}

/// All that comes until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    // A reset is an end too.
    let _ = stream.read_to_string(&mut text).await;
    text
}

async fn with_limits(change: impl FnOnce(&mut Limits)) -> Server {
    let mut limits = Limits::default();
    change(&mut limits);
    Server::builder()
        .limits(limits)
        .start()
        .await
        .expect("a server")
}

#[tokio::test]
async fn headers_that_never_end_are_given_up() {
    let server = with_limits(|limits| limits.idle_time = Duration::from_millis(100)).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n")
        .await
        .expect("sent");
    let said = rest(&mut slow).await;
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 408"),
        "{said}"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_408() {
    let server = with_limits(|limits| limits.body_time = Duration::from_millis(100)).await;
    let mut slow = connect(&server).await;
    let head = format!(
        "POST /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{{",
        server.admin_key()
    );
    slow.write_all(head.as_bytes()).await.expect("sent");
    let said = rest(&mut slow).await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("request_timeout"), "{said}");
}

#[tokio::test]
async fn a_chunked_body_without_bounds_is_413() {
    let server = with_limits(|limits| limits.body_bytes = 1000).await;
    let mut client = connect(&server).await;
    let head = format!(
        "POST /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n800\r\n{}\r\n",
        server.admin_key(),
        " ".repeat(0x800)
    );
    client.write_all(head.as_bytes()).await.expect("sent");
    let said = rest(&mut client).await;
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
}

#[tokio::test]
async fn connections_that_say_nothing_do_not_keep_others_out() {
    let server = with_limits(|limits| limits.connections = 50).await;
    let mut silent = Vec::new();
    for n in 0..500 {
        let mut stream = connect(&server).await;
        if n % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
        }
        silent.push(stream);
    }
    let client = Client::of(&server);
    for _ in 0..10 {
        assert_eq!(client.list("").await.status, 200);
    }
}

#[tokio::test]
async fn what_is_not_http_ends_its_connection_only() {
    let server = Server::start().await.expect("a server");
    let client = Client::of(&server);
    for garbage in [
        b"\x16\x03\x01\x02\x00\x01\x00".as_slice(),
        b"\r\n\r\nHELO\r\n\r\n",
        &[0; 64],
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(garbage).await.expect("sent");
        stream.shutdown().await.expect("ended");
        rest(&mut stream).await;
        assert_eq!(client.list("").await.status, 200);
    }
}

#[tokio::test]
async fn a_stop_finishes_what_was_accepted_and_waits_for_nobody_else() {
    let server = with_limits(|limits| limits.shutdown_time = Duration::from_secs(60)).await;
    let client = Arc::new(Client::of(&server));
    let _silent = connect(&server).await;
    let mut half = connect(&server).await;
    half.write_all(b"GET / HTTP/1.1\r\nhost")
        .await
        .expect("sent");
    let mut posting = connect(&server).await;
    let body = "{\"project_ids\":[\"proj_a\"]}";
    let head = format!(
        "POST /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n",
        server.admin_key(),
        body.len()
    );
    posting.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = [0; 25];
    posting.read_exact(&mut go_on).await.expect("100 Continue");

    let stopping = tokio::spawn(server.shutdown());
    posting.write_all(body.as_bytes()).await.expect("sent");

    let said = rest(&mut posting).await;
    assert!(said.contains("HTTP/1.1 200 OK"), "{said}");
    assert!(said.contains("connection: close"), "{said}");
    stopping.await.expect("stopped");
    let refused = client.request(Method::GET, &client.path()).send().await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn too_many_requests_of_a_key_are_429_for_that_key() {
    let server = Server::builder()
        .admin_key("sk-admin-1")
        .admin_key("sk-admin-2")
        .rate_limit(2)
        .start()
        .await
        .expect("a server");
    let client = Client::new(server.base_url(), "sk-admin-1");
    let get = || async {
        client
            .request(Method::GET, &client.path())
            .send()
            .await
            .expect("an answer")
    };
    for left in ["1", "0"] {
        let answer = get().await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-ratelimit-limit-requests"], "2");
        assert_eq!(answer.headers()["x-ratelimit-remaining-requests"], left);
    }
    let refused = get().await;
    let header = |name: &str| -> u64 {
        let value = refused.headers()[name].to_str().expect("ASCII");
        value.parse().expect("a number")
    };
    assert!((1..=30).contains(&header("retry-after")));
    assert!(header("retry-after-ms") <= header("retry-after") * 1000);
    assert!(refused.headers().contains_key("x-ratelimit-reset-requests"));
    let refused = crate::support::read(refused).await;
    assert_eq!(refused.error(), (429, "rate_limit_exceeded", None));
    let other = Client::new(server.base_url(), "sk-admin-2");
    assert_eq!(other.list("").await.status, 200);
}

#[tokio::test]
async fn changed_key_files_are_taken_and_broken_ones_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    std::fs::write(&file, "sk-admin-1\n").expect("written");
    let server = Server::builder()
        .admin_key_file(&file)
        .start()
        .await
        .expect("a server");
    let status = |key| {
        let client = Client::new(server.base_url(), key);
        async move { client.list("").await.status }
    };
    assert_eq!(status("sk-admin-1").await, 200);

    std::fs::write(&file, "# none\n").expect("written");
    let error = server.reload_keys().expect_err("a refusal");
    assert!(error.to_string().contains("holds none"), "{error}");
    assert_eq!(status("sk-admin-1").await, 200);

    std::fs::write(&file, "sk-admin-number-2\n").expect("written");
    // Nobody tells the server: it looks by itself.
    while status("sk-admin-number-2").await != 200 {}
    assert_eq!(status("sk-admin-1").await, 401);
}

#[tokio::test]
async fn https_with_a_certificate_of_ones_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let server = Server::builder()
        .tls(&certificate, &key)
        .start()
        .await
        .expect("a server");
    assert!(server.base_url().starts_with("https://127.0.0.1:"));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(
            ServerName::try_from("localhost").expect("a name"),
            connect(&server).await,
        )
        .await
        .expect("TLS");
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).await.expect("an answer");
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");

    let error = Server::builder()
        .tls(&key, &certificate)
        .start()
        .await
        .expect_err("a refusal");
    assert!(error.to_string().contains("private key"), "{error}");
}
