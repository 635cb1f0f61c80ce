//! A server for end-to-end tests that records requests and sends prepared responses.
#![cfg_attr(doctest, doc = include_str!("../../README.md"))]

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An HTTP/1.1 server on a loopback address that records requests and sends prepared responses.
#[derive(Debug)]
pub struct RecordingPeer {
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    accepting: tokio::task::JoinHandle<()>,
}

impl RecordingPeer {
    /// Listens on a free loopback port. The responses have status 200 and these JSON bodies in turn. The last body
    /// repeats.
    ///
    /// # Errors
    ///
    /// Fails if no loopback port can be bound.
    pub async fn responding<const N: usize>(bodies: [&'static str; N]) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&requests);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, bodies, Arc::clone(&recorded)));
            }
        });
        Ok(Self {
            address,
            requests,
            accepting,
        })
    }

    /// Returns the base URL for a client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the text of each request so far. The port of this server is replaced by `PORT`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let port = format!("127.0.0.1:{}", self.address.port());
        requests
            .iter()
            .map(|text| text.replace(&port, "127.0.0.1:PORT"))
            .collect()
    }
}

impl Drop for RecordingPeer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve<const N: usize>(
    mut stream: TcpStream,
    bodies: [&'static str; N],
    requests: Arc<Mutex<Vec<String>>>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let turn = {
            let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.push(request);
            requests.len() - 1
        };
        let Some(body) = bodies.get(turn).or(bodies.last()) else {
            return;
        };
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_recorded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads one request with its body. Returns `None` at the end of the connection.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text.replace("\r\n", "\n"));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
