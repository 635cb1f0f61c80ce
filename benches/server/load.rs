//! A load generator on plain sockets, which uses little CPU time.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, ensure};

use crate::child::{Child, KEY};
use crate::table::CHECKPOINT;

/// Number of threads that read pages.
const READERS: usize = 4;

/// Sends requests to a server.
#[derive(Debug)]
pub(crate) struct Load;

/// A keep-alive connection.
#[derive(Debug)]
pub(crate) struct Connection(BufReader<TcpStream>);

impl Load {
    /// Sends `count` GET requests. `path` returns the path of each.
    pub(crate) fn gets(
        child: &Child,
        count: usize,
        path: impl Fn(usize) -> String + Sync,
    ) -> anyhow::Result<()> {
        in_parallel(READERS, |reader| {
            let mut connection = Connection::open(child)?;
            for n in (reader..count).step_by(READERS) {
                connection.get(&path(n))?;
            }
            Ok(())
        })
    }

    /// Creates `count` permissions with `writers` threads, one permission per request. `name` is part of the project ids.
    pub(crate) fn creates(
        child: &Child,
        writers: usize,
        count: usize,
        name: &str,
    ) -> anyhow::Result<()> {
        in_parallel(writers, |writer| {
            let mut connection = Connection::open(child)?;
            for n in 0..count.div_ceil(writers) {
                connection.post(&format!(
                    "{{\"project_ids\":[\"proj_{name}_{writer}_{n}\"]}}"
                ))?;
            }
            Ok(())
        })
    }

    /// Opens `count` connections and sends one GET request on each.
    pub(crate) fn open(
        child: &Child,
        count: usize,
        path: impl Fn(usize) -> String,
    ) -> anyhow::Result<Vec<Connection>> {
        (0..count)
            .map(|n| {
                let mut connection = Connection::open(child)?;
                connection.get(&path(n))?;
                Ok(connection)
            })
            .collect()
    }
}

/// The path of a list request.
pub(crate) fn list(query: &str) -> String {
    format!("/v1/fine_tuning/checkpoints/{CHECKPOINT}/permissions?{query}")
}

fn in_parallel(
    threads: usize,
    work: impl Fn(usize) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let work = &work;
                scope.spawn(move || work(thread))
            })
            .collect();
        for thread in running {
            match thread.join() {
                Ok(done) => done?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })
}

impl Connection {
    fn open(child: &Child) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&child.address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(64 << 10, stream)))
    }

    fn get(&mut self, path: &str) -> anyhow::Result<()> {
        let request = format!(
            "GET {path} HTTP/1.1\r\n\
             host: bench\r\nauthorization: Bearer {KEY}\r\n\r\n"
        );
        self.exchange(&request)
    }

    fn post(&mut self, body: &str) -> anyhow::Result<()> {
        let request = format!(
            "POST /v1/fine_tuning/checkpoints/{CHECKPOINT}/permissions HTTP/1.1\r\n\
             host: bench\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.exchange(&request)
    }

    fn exchange(&mut self, request: &str) -> anyhow::Result<()> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        ensure!(line.contains(" 200 "), "the response was {line}");
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse()?);
            }
        }
        let mut body = vec![0; length.context("no content-length")?];
        Ok(self.0.read_exact(&mut body)?)
    }
}
