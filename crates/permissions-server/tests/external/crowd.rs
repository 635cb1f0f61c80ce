//! Ten thousand idle connections.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libtest_mimic::Trial;

use crate::process::Process;
use crate::{Available, asynchronous};

const IDLE: usize = 10_000;
/// File descriptors that this process needs besides the connections.
const OTHER_FILES: u64 = 500;

/// Held by the test that has the idle connections. Two tests at once would exceed the limit of open files of this process.
static CONNECTIONS: Mutex<()> = Mutex::new(());

/// Idle connections of one test.
struct Crowd {
    streams: Vec<TcpStream>,
    _only: MutexGuard<'static, ()>,
}

/// Opens idle connections, after the other test of this file has closed its idle connections.
fn crowd(server: &Process) -> Available<Crowd> {
    let needed = IDLE as u64 + OTHER_FILES;
    // The server raises its own soft limit to the hard limit, which is the same for both processes.
    let allowed = rlimit::increase_nofile_limit(needed).unwrap_or_default();
    if allowed < needed {
        return Err(format!(
            "the limit of open files is {allowed}; this test needs {needed}"
        ));
    }
    let only = CONNECTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let address = address(server);
    let connect = |_| TcpStream::connect(&address).expect("a connection");
    Ok(Crowd {
        streams: (0..IDLE).map(connect).collect(),
        _only: only,
    })
}

fn address(server: &Process) -> String {
    let address = server.base_url.trim_start_matches("http://");
    address.trim_end_matches("/v1").to_owned()
}

fn is_served(stream: &mut TcpStream) -> bool {
    let sent = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut status = [0; 12];
    sent.and_then(|()| stream.read_exact(&mut status)).is_ok() && status == *b"HTTP/1.1 200"
}

/// The resident memory of the process, on Linux.
fn resident_mib(server: &Process) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

async fn ten_thousand_idle_connections_stay_open() -> Available<()> {
    let server = Process::start(&["--max-connections", "11000", "--log", "off"]);
    let mut idle = crowd(&server)?;

    assert_eq!(server.client().create(&["proj_a"]).await.status, 200);

    if let Some(resident) = resident_mib(&server) {
        assert!(resident < 200, "{resident} MiB");
    }
    // The idle connections are still open.
    for stream in idle.streams.iter_mut().step_by(97) {
        assert!(is_served(stream));
    }
    Ok(())
}

async fn connections_beyond_the_limit_evict_the_longest_idle() -> Available<()> {
    let server = Process::start(&["--log", "off"]);
    let mut idle = crowd(&server)?;

    assert_eq!(server.client().create(&["proj_a"]).await.status, 200);

    let last = idle.streams.last_mut().expect("ten thousand");
    assert!(is_served(last), "the newest connection is open");
    let first = idle.streams.first_mut().expect("ten thousand");
    assert!(!is_served(first), "the oldest connection was evicted");
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    vec![
        asynchronous(
            "crowd::ten_thousand_idle_connections_stay_open",
            ten_thousand_idle_connections_stay_open,
        ),
        asynchronous(
            "crowd::connections_beyond_the_limit_evict_the_longest_idle",
            connections_beyond_the_limit_evict_the_longest_idle,
        ),
    ]
}
