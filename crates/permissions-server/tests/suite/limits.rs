//! Limits for slow, idle and hostile clients.

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

/// Reads until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    // A reset also closes the connection.
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
async fn incomplete_headers_close_the_connection() {
    let server = with_limits(|limits| limits.idle_time = Duration::from_millis(100)).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n")
        .await
        .expect("sent");
    let said = read_to_end(&mut slow).await;
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 408"),
        "{said}"
    );
}

#[tokio::test]
async fn incomplete_body_is_408() {
    let server = with_limits(|limits| limits.body_time = Duration::from_millis(100)).await;
    let mut slow = connect(&server).await;
    let head = format!(
        "POST /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{{",
        server.admin_key()
    );
    slow.write_all(head.as_bytes()).await.expect("sent");
    let said = read_to_end(&mut slow).await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("request_timeout"), "{said}");
}

#[tokio::test]
async fn large_chunked_body_is_413() {
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
    let said = read_to_end(&mut client).await;
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
}

#[tokio::test]
async fn idle_connections_are_evicted_at_the_limit() {
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
async fn non_http_bytes_close_only_their_connection() {
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
        read_to_end(&mut stream).await;
        assert_eq!(client.list("").await.status, 200);
    }
}

#[tokio::test]
async fn requests_above_the_rate_limit_are_429() {
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
            .expect("a response")
    };
    for left in ["1", "0"] {
        let reply = get().await;
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["x-ratelimit-limit-requests"], "2");
        assert_eq!(reply.headers()["x-ratelimit-remaining-requests"], left);
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
async fn changed_key_file_is_reloaded_if_valid() {
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
    let error = server.reload_keys().expect_err("an error");
    assert!(error.to_string().contains("contains no keys"), "{error}");
    assert_eq!(status("sk-admin-1").await, 200);

    std::fs::write(&file, "sk-admin-number-2\n").expect("written");
    // The server checks the file every second.
    while status("sk-admin-number-2").await != 200 {}
    assert_eq!(status("sk-admin-1").await, 401);
}

#[tokio::test]
async fn https_uses_the_configured_certificate() {
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
    stream.read_to_string(&mut said).await.expect("a response");
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");

    let error = Server::builder()
        .tls(&key, &certificate)
        .start()
        .await
        .expect_err("an error");
    assert!(error.to_string().contains("private key"), "{error}");
}

/// The headers of a create request with a body of `length` bytes.
fn create_head(key: &str, length: usize) -> String {
    format!(
        "POST /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn body_below_the_minimum_rate_is_408() {
    let server = with_limits(|limits| {
        limits.body_time = Duration::from_secs(3600);
        limits.request_time = Duration::from_secs(3600);
    })
    .await;
    let mut slow = connect(&server).await;
    let head = create_head(server.admin_key(), 1_000_000);
    slow.write_all(head.as_bytes()).await.expect("sent");
    slow.write_all(b"{").await.expect("sent");
    let response = read_to_end(&mut slow).await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    assert!(response.contains("too slowly"), "{response}");
}

#[tokio::test]
async fn healthz_responds_while_slow_bodies_use_all_connections() {
    for key in [None, Some("sk-admin-unknown")] {
        let server = with_limits(|limits| {
            limits.connections = 8;
            limits.body_time = Duration::from_secs(3600);
            limits.request_time = Duration::from_secs(3600);
            limits.body_bytes_per_second = 1;
        })
        .await;
        let key = key.unwrap_or(server.admin_key());
        let mut slow = Vec::new();
        for _ in 0..8 {
            let mut stream = connect(&server).await;
            let request = format!("{}{}", create_head(key, 4000), "{".repeat(3000));
            stream.write_all(request.as_bytes()).await.expect("sent");
            slow.push(stream);
        }

        let mut stream = connect(&server).await;
        let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.expect("sent");
        let response = read_to_end(&mut stream).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");

        // Slow requests with a valid key are still being received.
        if key == server.admin_key() {
            for stream in &slow {
                let mut byte = [0];
                let error = stream.try_read(&mut byte).expect_err("no response");
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
            }
        }
    }
}

#[tokio::test]
async fn slow_body_beyond_concurrent_body_limit_is_evicted() {
    let server = with_limits(|limits| {
        limits.connections = 1;
        limits.body_time = Duration::from_secs(3600);
        limits.request_time = Duration::from_secs(3600);
        limits.body_bytes_per_second = 1;
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..5 {
        let mut stream = connect(&server).await;
        let request = format!(
            "{}{}",
            create_head(server.admin_key(), 4000),
            "{".repeat(3000)
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        slow.push(stream);
    }
    let client = Client::of(&server);
    assert_eq!(client.create(&["proj_a"]).await.status, 200);
}

#[cfg(target_os = "linux")]
mod descriptors {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use rlimit::Resource;

    use crate::process::Process;

    fn is_served(address: &str) -> bool {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let sent = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
        let mut status = [0; 12];
        sent.and_then(|()| stream.read_exact(&mut status)).is_ok() && status == *b"HTTP/1.1 200"
    }

    fn address(process: &Process) -> String {
        let address = process.base_url.trim_start_matches("http://");
        address.trim_end_matches("/v1").to_owned()
    }

    fn set_limit(process: &Process, limit: u64) {
        let pid = process.id().try_into().expect("a process id");
        rlimit::prlimit(pid, Resource::NOFILE, Some((limit, limit)), None).expect("set");
    }

    #[test]
    fn lack_of_descriptors_evicts_idle_connections() {
        let process = Process::start(&["--log", "off"]);
        let address = address(&process);
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(TcpStream::connect(&address).expect("a connection"));
            assert!(is_served(&address));
        }
        let open = std::fs::read_dir(format!("/proc/{}/fd", process.id())).expect("a folder");
        set_limit(&process, open.count() as u64 - 1);
        for _ in 0..5 {
            assert!(is_served(&address));
        }
    }

    #[test]
    fn descriptor_limit_caps_the_connections() {
        let mut command = std::process::Command::new("sh");
        let server = crate::process::command(&["--listen", "127.0.0.1:0", "--log", "off"]);
        command
            .args(["-c", "ulimit -n 80 && exec \"$@\"", "sh"])
            .arg(server.get_program())
            .args(server.get_args())
            .env("OPENAI_ADMIN_KEY", crate::process::KEY)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let process = Process::spawn(command);
        let address = address(&process);
        let idle: Vec<TcpStream> = (0..200)
            .map(|_| TcpStream::connect(&address).expect("a connection"))
            .collect();
        assert!(is_served(&address));
        let open = std::fs::read_dir(format!("/proc/{}/fd", process.id())).expect("a folder");
        assert!(open.count() < 80);
        drop(idle);
    }
}
