//! HTTP/1.1 without a library, so that a test can send any bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A received request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }
}

/// The reply to a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An HTTP response.
    Response {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Writes each of these pieces separately and closes the connection.
    Bytes(Vec<Vec<u8>>),
    /// Writes these bytes and then nothing until the client disconnects.
    Stall(Vec<u8>),
    /// Sends a body of 1 GiB and counts the bytes that were written.
    Endless(Arc<AtomicUsize>),
    /// Resets the connection.
    Reset,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, body.to_string()).with("content-type", "application/json")
    }

    pub fn html(status: u16) -> Self {
        let page = "<html><head><title>Bad\n Gateway</title></head><body>nginx</body></html>";
        Self::new(status, page).with("content-type", "text/html")
    }

    /// Adds a header to a response.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Response { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Returns the bytes of a response.
    pub fn bytes(&self) -> Vec<u8> {
        let Self::Response {
            status,
            headers,
            body,
        } = self
        else {
            panic!("not a response")
        };
        let mut head = format!(
            "HTTP/1.1 {status} Words\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    /// Sends the reply. Returns false if the connection is closed.
    pub async fn send(&self, stream: &mut TcpStream) -> bool {
        match self {
            Self::Response { .. } => stream.write_all(&self.bytes()).await.is_ok(),
            Self::Bytes(pieces) => {
                stream.set_nodelay(true).unwrap();
                for piece in pieces {
                    if stream.write_all(piece).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                let _ = stream.shutdown().await;
                false
            }
            Self::Stall(bytes) => {
                let _ = stream.write_all(bytes).await;
                let _ = stream.read(&mut [0]).await;
                false
            }
            Self::Endless(sent) => {
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
                    .await;
                while stream.write_all(&[b' '; 65_536]).await.is_ok() {
                    sent.fetch_add(65_536, Ordering::Relaxed);
                }
                false
            }
            Self::Reset => {
                let _ = stream.set_zero_linger();
                false
            }
        }
    }
}

/// Reads one request. Returns `None` if the client has disconnected.
pub async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (
        first.next().unwrap().to_owned(),
        first.next().unwrap().to_owned(),
    );
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request {
        method,
        target,
        headers,
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}
