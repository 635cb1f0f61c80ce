//! A minimal HTTP/1.1 server in its own process, so that the measured CPU time is that of the client.
//!
//! The server only replaces the ids in a prepared page, which takes a few microseconds. It supports only the requests of
//! the measured clients.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

/// Number of permissions on a page, if a request has no `limit`.
pub const PAGE_SIZE: u64 = 100;

/// The argument with which an executable of a benchmark runs as this server.
const SERVE: &str = "--serve-minimal-peer";

/// The process of the server. Dropping this value ends the process.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    /// Base URL for clients.
    pub base_url: String,
}

impl Peer {
    /// Starts this executable as a server whose list has `permissions` permissions.
    ///
    /// # Errors
    ///
    /// Fails if the process does not start or does not print its address.
    pub fn start(permissions: u64) -> anyhow::Result<Self> {
        Self::start_with_latency(Duration::ZERO, permissions)
    }

    /// Starts a server as [`start`](Self::start) does. Each response is delayed by the latency, in whole milliseconds.
    ///
    /// # Errors
    ///
    /// Fails if the process does not start or does not print its address.
    pub fn start_with_latency(latency: Duration, permissions: u64) -> anyhow::Result<Self> {
        let executable = std::env::current_exe().context("failed to find this executable")?;
        let mut process = Command::new(executable)
            .args([
                SERVE,
                &permissions.to_string(),
                &latency.as_millis().to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start the peer")?;
        let mut address = String::new();
        if let Some(output) = process.stdout.as_mut() {
            BufReader::new(output)
                .read_line(&mut address)
                .context("the peer did not print its address")?;
        }
        Ok(Self {
            process,
            base_url: format!("http://{}/v1", address.trim()),
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // `kill` fails if the process has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// If this process was started as a server, runs the server and never returns. Call this function first in `main`.
///
/// # Errors
///
/// Fails if no loopback port can be bound.
pub fn serve_if_started_as_server() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip_while(|argument| argument != SERVE);
    if arguments.next().is_none() {
        return Ok(());
    }
    let permissions = arguments
        .next()
        .context("the number of permissions is missing")?
        .parse()?;
    let latency = arguments.next().context("the latency is missing")?;
    let latency = Duration::from_millis(latency.parse()?);
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("failed to bind a loopback port")?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    for stream in listener.incoming() {
        let stream = stream?;
        // A failed connection does not end the others.
        std::thread::spawn(move || connection(stream, permissions, latency));
    }
    Ok(())
}

fn connection(mut stream: TcpStream, permissions: u64, latency: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut pages = HashMap::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        let Some((head, length)) = request_length(&buffer[..filled]) else {
            let read = stream.read(&mut buffer[filled..])?;
            if read == 0 {
                return Ok(());
            }
            filled += read;
            continue;
        };
        if !latency.is_zero() {
            std::thread::sleep(latency);
        }
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if request.starts_with("GET") {
            let first = value_after(&request[..head], "after=cp_")
                .map_or(0, |id| id.parse::<u64>().unwrap_or(0) + 1);
            let size = value_after(&request[..head], "limit=")
                .and_then(|limit| limit.parse().ok())
                .unwrap_or(PAGE_SIZE);
            let page = pages.entry(size).or_insert_with(|| Page::new(size));
            stream.write_all(page.starting_at(first, permissions))?;
        } else if request.starts_with("POST") {
            let project = value_after(&request[head..], "[\"").unwrap_or_default();
            send(
                &mut stream,
                &format!(
                    r#"{{"object":"list","data":[{{"object":"checkpoint.permission","id":"cp_000000000000000000000001","created_at":1721764867,"project_id":"{project}"}}],"first_id":"cp_000000000000000000000001","last_id":"cp_000000000000000000000001","has_more":false}}"#
                ),
            )?;
        } else {
            let id = value_after(&request, "/permissions/").unwrap_or_default();
            send(
                &mut stream,
                &format!(r#"{{"object":"checkpoint.permission","id":"{id}","deleted":true}}"#),
            )?;
        }
        buffer.copy_within(length..filled, 0);
        filled -= length;
    }
}

/// Returns the length of the head and of the whole request, or `None` if the request is incomplete.
fn request_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let body = value_after(&text, "content-length: ")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    (bytes.len() >= head + body).then_some((head, head + body))
}

/// Returns the letters, digits and underscores after the first `mark`.
fn value_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let rest = &text[text.find(mark)? + mark.len()..];
    let end = rest
        .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

fn send(stream: &mut TcpStream, body: &str) -> std::io::Result<()> {
    stream.write_all(response(body).as_bytes())
}

/// Returns a response with the headers that a real API sends.
fn response(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Tue, 23 Jul 2024 20:01:07 GMT\r\n\
         x-request-id: req_minimal\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A response with a page, and the offsets of the ids in it.
struct Page {
    size: u64,
    bytes: Vec<u8>,
    ids: Vec<usize>,
    has_more: usize,
}

impl Page {
    fn new(size: u64) -> Self {
        let digits = "0".repeat(24);
        let item = format!(
            r#"{{"object":"checkpoint.permission","id":"cp_{digits}","created_at":1721764867,"project_id":"proj_abGMw1llN8IrBb6SvvY5A1iH"}}"#
        );
        let items = vec![item; usize::try_from(size).unwrap_or_default()].join(",");
        let body = format!(
            r#"{{"object":"list","data":[{items}],"first_id":"cp_{digits}","last_id":"cp_{digits}","has_more":false}}"#
        );
        let response = response(&body);
        let ids = response
            .match_indices("cp_0")
            .map(|(at, _)| at + 3)
            .collect();
        let has_more = response.len() - "false}".len();
        Self {
            size,
            bytes: response.into_bytes(),
            ids,
            has_more,
        }
    }

    /// Returns the page that starts with the permission number `first`.
    fn starting_at(&mut self, first: u64, permissions: u64) -> &[u8] {
        let last = first + self.size - 1;
        let numbers = (first..=last).chain([first, last]);
        for (&at, number) in self.ids.iter().zip(numbers) {
            let mut rest = number;
            for digit in self.bytes[at..at + 24].iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        // The space in `true ` makes it as long as `false`, so that `Content-Length` is correct for both values.
        let more = if last + 1 < permissions {
            b"true "
        } else {
            b"false"
        };
        self.bytes[self.has_more..self.has_more + 5].copy_from_slice(more);
        &self.bytes
    }
}
