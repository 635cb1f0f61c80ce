//! A proxy between client and server that refuses requests, delays requests or loses responses.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use permissions_ext::{Client, ClientBuilder, RetryPolicy};
use permissions_server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

/// The reaction of the proxy to a request.
#[derive(Clone)]
pub(crate) enum Behavior {
    /// Forwards the request and its response.
    Forward,
    /// Responds with this status and does not forward the request.
    Refuse(u16),
    /// Forwards the request and closes the connection without a response.
    LoseResponse,
    /// Waits until as many requests have arrived as the barrier requires, then forwards the request.
    Hold(Arc<Barrier>),
}

/// Method and path of a request, such as `POST /v1/fine_tuning/checkpoints/ft:a/permissions`.
pub(crate) type Line = str;

type Rule = Arc<dyn Fn(&Line) -> Behavior + Send + Sync>;

pub(crate) struct Proxy {
    address: SocketAddr,
    key: String,
    seen: Arc<Mutex<Seen>>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    in_flight: usize,
    max_in_flight: usize,
}

impl Proxy {
    pub(crate) async fn new(
        server: &Server,
        rule: impl Fn(&Line) -> Behavior + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = server
            .base_url()
            .trim_end_matches("/v1")
            .replace("http://", "");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let rule: Rule = Arc::new(rule);
        let accepting = tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (origin, rule, seen) = (origin.clone(), rule.clone(), seen.clone());
                    tokio::spawn(serve(BufReader::new(stream), origin, rule, seen));
                }
            }
        });
        Self {
            address,
            key: server.admin_key().to_owned(),
            seen,
            accepting,
        }
    }

    /// Returns a client without retries that sends its requests through the proxy.
    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .admin_key(self.key.clone())
            .base_url(format!("http://{}/v1", self.address))
            .target_name("test")
            .retry(RetryPolicy::none())
    }

    /// Returns the number of requests with this method.
    pub(crate) fn count(&self, method: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.lines
            .iter()
            .filter(|line| line.starts_with(method))
            .count()
    }

    /// Returns the largest number of requests that were in flight at the same time.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.seen.lock().unwrap().max_in_flight
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut client: BufReader<TcpStream>,
    origin: String,
    rule: Rule,
    seen: Arc<Mutex<Seen>>,
) {
    while let Some((line, request)) = read_message(&mut client).await {
        {
            let mut seen = seen.lock().unwrap();
            seen.lines.push(line.clone());
            seen.in_flight += 1;
            seen.max_in_flight = seen.max_in_flight.max(seen.in_flight);
        }
        let answer = match rule(&line) {
            Behavior::Forward => Some(forward(&origin, &request).await),
            Behavior::Refuse(status) => Some(refusal(status)),
            Behavior::LoseResponse => {
                forward(&origin, &request).await;
                None
            }
            Behavior::Hold(barrier) => {
                barrier.wait().await;
                Some(forward(&origin, &request).await)
            }
        };
        seen.lock().unwrap().in_flight -= 1;
        let Some(answer) = answer else { return };
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// Reads a message and returns its first line without the version, and all its bytes.
async fn read_message(client: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes.clone()).unwrap();
    let mut body = vec![0; content_length(&head)];
    client.read_exact(&mut body).await.ok()?;
    bytes.extend(body);
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    Some((line.to_owned(), bytes))
}

async fn forward(origin: &str, request: &[u8]) -> Vec<u8> {
    let mut server = BufReader::new(TcpStream::connect(origin).await.unwrap());
    server.write_all(request).await.unwrap();
    let (_, answer) = read_message(&mut server).await.unwrap();
    answer
}

fn refusal(status: u16) -> Vec<u8> {
    let body = r#"{"error":{"message":"refused by the proxy","type":"invalid_request_error","param":null,"code":"proxy"}}"#;
    format!(
        "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn content_length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.parse().unwrap())
        .next()
        .unwrap_or(0)
}
