//! Shutdown while clients are connected.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use permissions_server::{Limits, Server};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{Client, MODEL};

const CLIENTS: usize = 64;

async fn server(shutdown_time: Duration, keep_alive_grace: Duration) -> Server {
    let mut limits = Limits::default();
    limits.shutdown_time = shutdown_time;
    limits.keep_alive_grace = keep_alive_grace;
    Server::builder()
        .limits(limits)
        .start()
        .await
        .expect("a server")
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address())
        .await
        .expect("a connection")
}

/// Reads until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text).await;
    text
}

/// Sends a list request. Returns the headers of the response, or `None` if the response is missing or
/// incomplete.
async fn list(stream: &mut TcpStream, key: &str) -> Option<String> {
    let request = format!(
        "GET /v1/fine_tuning/checkpoints/{MODEL}/permissions HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {key}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut response = Vec::new();
    while !response.ends_with(b"\"has_more\":false}") {
        if stream.read_buf(&mut response).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8(response).expect("text"))
}

#[tokio::test]
async fn shutdown_completes_started_requests_only() {
    let server = server(Duration::from_secs(60), Duration::ZERO).await;
    let client = Arc::new(Client::of(&server));
    let _silent = connect(&server).await;
    let mut incomplete = connect(&server).await;
    incomplete
        .write_all(b"GET / HTTP/1.1\r\nhost")
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
    let mut interim = [0; 25];
    posting
        .read_exact(&mut interim)
        .await
        .expect("100 Continue");

    let stopping = tokio::spawn(server.shutdown());
    posting.write_all(body.as_bytes()).await.expect("sent");

    let response = read_to_end(&mut posting).await;
    assert!(response.contains("HTTP/1.1 200 OK"), "{response}");
    assert!(response.contains("connection: close"), "{response}");
    let response = read_to_end(&mut incomplete).await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    assert!(
        response.contains("\"code\":\"request_timeout\""),
        "{response}"
    );
    stopping.await.expect("stopped");
    let refused = client.request(Method::GET, &client.path()).send().await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_responds_to_all_keep_alive_clients() {
    for _ in 0..5 {
        let server = server(Duration::from_secs(60), Duration::from_secs(60)).await;
        let key: Arc<str> = server.admin_key().into();
        let responses = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let mut stream = connect(&server).await;
            let (key, responses) = (Arc::clone(&key), Arc::clone(&responses));
            clients.spawn(async move {
                loop {
                    match list(&mut stream, &key).await {
                        None => return false,
                        Some(response) if response.contains("connection: close\r\n") => {
                            return true;
                        }
                        Some(_) => responses.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        while responses.load(Ordering::Relaxed) < 10 * CLIENTS {
            tokio::task::yield_now().await;
        }
        server.shutdown().await;
        let last: Vec<bool> = clients.join_all().await;
        assert_eq!(last, [true; CLIENTS]);
    }
}

#[tokio::test]
async fn request_on_idle_connection_during_shutdown_gets_response() {
    let server = server(Duration::from_secs(60), Duration::from_secs(60)).await;
    let (address, key) = (server.address(), server.admin_key().to_owned());
    let mut idle = connect(&server).await;
    let first = list(&mut idle, &key).await.expect("a response");
    assert!(!first.contains("connection: close"), "{first}");

    let stopping = tokio::spawn(server.shutdown());
    while TcpStream::connect(address).await.is_ok() {}

    let last = list(&mut idle, &key).await.expect("a response");
    assert!(last.starts_with("HTTP/1.1 200"), "{last}");
    assert!(last.contains("connection: close"), "{last}");
    assert_eq!(read_to_end(&mut idle).await, "");
    stopping.await.expect("stopped");
}

#[tokio::test]
async fn idle_connection_is_closed_after_the_grace_period() {
    let server = server(Duration::from_secs(60), Duration::from_millis(10)).await;
    let key = server.admin_key().to_owned();
    let mut idle = connect(&server).await;
    list(&mut idle, &key).await.expect("a response");
    server.shutdown().await;
    assert_eq!(read_to_end(&mut idle).await, "");
}
