//! A peer between client and server that can refuse, lose and hold back requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use permissions_ext::{Client, RetryPolicy};
use permissions_server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

/// What becomes of a request.
#[derive(Clone)]
pub(crate) enum Fate {
    /// It is carried out and answered.
    Passed,
    /// It is answered with this status, and not carried out.
    Refused(u16),
    /// It is carried out, and its answer is lost.
    AnswerLost,
    /// It is carried out and answered once as many wait as the barrier is for.
    Held(Arc<Barrier>),
}

/// A request as a rule sees it, such as `POST /v1/fine_tuning/checkpoints/ft:a/permissions`.
pub(crate) type Line = str;

type Rule = Arc<dyn Fn(&Line) -> Fate + Send + Sync>;

pub(crate) struct Peer {
    address: SocketAddr,
    key: String,
    seen: Arc<Mutex<Seen>>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    under_way: usize,
    most_under_way: usize,
}

impl Peer {
    pub(crate) async fn before(
        server: &Server,
        rule: impl Fn(&Line) -> Fate + Send + Sync + 'static,
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

    /// A client whose requests come through here, each once.
    pub(crate) fn client(&self) -> Client {
        Client::builder()
            .admin_key(self.key.clone())
            .base_url(format!("http://{}/v1", self.address))
            .retry(RetryPolicy::none())
            .build()
            .unwrap()
    }

    /// How many requests of this method have come in.
    pub(crate) fn count(&self, method: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.lines
            .iter()
            .filter(|line| line.starts_with(method))
            .count()
    }

    /// The most requests that were under way at the same time.
    pub(crate) fn most_under_way(&self) -> usize {
        self.seen.lock().unwrap().most_under_way
    }
}

impl Drop for Peer {
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
            seen.under_way += 1;
            seen.most_under_way = seen.most_under_way.max(seen.under_way);
        }
        let answer = match rule(&line) {
            Fate::Passed => Some(forward(&origin, &request).await),
            Fate::Refused(status) => Some(refusal(status)),
            Fate::AnswerLost => {
                forward(&origin, &request).await;
                None
            }
            Fate::Held(barrier) => {
                barrier.wait().await;
                Some(forward(&origin, &request).await)
            }
        };
        seen.lock().unwrap().under_way -= 1;
        let Some(answer) = answer else { return };
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// The first line of a message without its version, and all of its bytes.
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
    let body = r#"{"error":{"message":"refused by the peer","type":"invalid_request_error","param":null,"code":"peer"}}"#;
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
