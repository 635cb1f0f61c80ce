//! An HTTP server over a real socket that does what a test tells it to, request by request.

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

/// What one request said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) target: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

/// What to answer, byte for byte.
#[derive(Clone)]
pub(crate) struct Answer {
    head: String,
    body: Vec<u8>,
    stall: bool,
}

impl Answer {
    pub(crate) fn status(status: &str) -> Self {
        Self {
            head: format!("HTTP/1.1 {status}\r\n"),
            body: Vec::new(),
            stall: false,
        }
    }

    /// The whole of `body`, its length told.
    pub(crate) fn whole(body: &[u8]) -> Self {
        Self::status("200 OK").length(body.len()).body(body)
    }

    /// What a server that knows ranges answers to a request from `first` on.
    pub(crate) fn rest(body: &[u8], first: usize) -> Self {
        let (last, total) = (body.len() - 1, body.len());
        Self::status("206 Partial Content")
            .length(total - first)
            .header(&format!("Content-Range: bytes {first}-{last}/{total}"))
            .body(&body[first..])
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

    /// Ends the connection after this many bytes of the body.
    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.body.truncate(after);
        self
    }

    /// Falls silent after this many bytes of the body, until the client goes away.
    pub(crate) fn stall(mut self, after: usize) -> Self {
        self.stall = true;
        self.cut(after)
    }
}

/// Answers in the order given; after the last answer, connections are closed unanswered.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stalled: Receiver<()>,
}

impl Server {
    pub(crate) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
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
                if let Some(answer) = answers.pop_front() {
                    // The client may have had enough and gone.
                    let _ = reply(&mut stream, &answer, &stalls);
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

    /// Returns once an answer that falls silent has done so.
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
            Some((name, value)) if name.eq_ignore_ascii_case("range") => {
                request.range = Some(value.to_owned());
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = Some(value.to_owned());
            }
            Some(_) => {}
        }
    }
    None
}

fn reply(stream: &mut TcpStream, answer: &Answer, stalls: &Sender<()>) -> std::io::Result<()> {
    stream.write_all(format!("{}Connection: close\r\n\r\n", answer.head).as_bytes())?;
    stream.write_all(&answer.body)?;
    if answer.stall {
        // Most tests do not wait for it.
        let _ = stalls.send(());
        stream.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}
