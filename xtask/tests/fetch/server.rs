//! A test server that answers requests with prepared responses.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

/// Parts of a received request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
}

/// A response as bytes.
#[derive(Clone)]
pub(crate) struct Response {
    head: String,
    body: Vec<u8>,
    stall: bool,
}

impl Response {
    pub(crate) fn status(status: &str) -> Self {
        Self {
            head: format!("HTTP/1.1 {status}\r\n"),
            body: Vec::new(),
            stall: false,
        }
    }

    /// Returns a response with `body` and its length.
    pub(crate) fn complete(body: &[u8]) -> Self {
        Self::status("200 OK").length(body.len()).body(body)
    }

    pub(crate) fn length(self, length: usize) -> Self {
        self.header(&format!("Content-Length: {length}"))
    }

    pub(crate) fn header(mut self, line: &str) -> Self {
        self.head += line;
        self.head += "\r\n";
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_owned();
        self
    }

    /// Closes the connection after this number of bytes of the body.
    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.body.truncate(after);
        self
    }

    /// Stalls after this number of bytes of the body, until the client disconnects.
    pub(crate) fn stall(mut self, after: usize) -> Self {
        self.stall = true;
        self.cut(after)
    }
}

/// Sends the prepared responses in order. Later connections are closed without a response.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stalled: Receiver<()>,
}

impl Server {
    pub(crate) fn start(responses: impl IntoIterator<Item = Response>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut responses: VecDeque<Response> = responses.into_iter().collect();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let (stalls, stalled) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read(&stream) else {
                    continue;
                };
                seen.lock().unwrap().push(request);
                if let Some(response) = responses.pop_front() {
                    // The client may have disconnected.
                    let _ = reply(&mut stream, &response, &stalls);
                }
            }
        });
        Self {
            address,
            requests,
            stalled,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until a stalled response has sent its last byte.
    pub(crate) fn wait_for_stall(&self) {
        self.stalled.recv().unwrap();
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut request = Request {
        target: first.split(' ').nth(1)?.to_owned(),
        ..Request::default()
    };
    for line in lines {
        let line = line.ok()?;
        match line.split_once(": ") {
            None => return Some(request),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = Some(value.to_owned());
            }
            Some(_) => {}
        }
    }
    None
}

fn reply(stream: &mut TcpStream, response: &Response, stalls: &Sender<()>) -> std::io::Result<()> {
    stream.write_all(format!("{}Connection: close\r\n\r\n", response.head).as_bytes())?;
    stream.write_all(&response.body)?;
    if response.stall {
        // The receiver is dropped in tests that do not wait for the stall.
        let _ = stalls.send(());
        stream.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}
