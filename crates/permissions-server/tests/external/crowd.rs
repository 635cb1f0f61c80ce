//! Ten thousand connections that say nothing.

use std::net::TcpStream;

use std::io::{Read, Write};

use crate::process::Process;

const IDLE: usize = 10_000;
/// What else this process has open.
const OTHER_FILES: u64 = 500;

/// Opens them; `None`, with a word on stderr, where this system does not allow as many.
fn crowd(server: &Process) -> Option<Vec<TcpStream>> {
    let needed = IDLE as u64 + OTHER_FILES;
    // The server raises its own limit; both stay below the same hard one.
    let allowed = rlimit::increase_nofile_limit(needed).unwrap_or_default();
    if allowed < needed {
        eprintln!("skipped: the limit of open files is {allowed}; this takes {needed}");
        return None;
    }
    let address = address(server);
    let connect = |_| TcpStream::connect(&address).expect("a connection");
    Some((0..IDLE).map(connect).collect())
}

fn address(server: &Process) -> String {
    let address = server.base_url.trim_start_matches("http://");
    address.trim_end_matches("/v1").to_owned()
}

fn is_answered(stream: &mut TcpStream) -> bool {
    let sent = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut status = [0; 12];
    sent.and_then(|()| stream.read_exact(&mut status)).is_ok() && status == *b"HTTP/1.1 200"
}

/// Memory that the process holds, in MiB, where the system tells it.
fn resident_mib(server: &Process) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[tokio::test]
async fn ten_thousand_idle_connections_are_borne() {
    let server = Process::start(&["--max-connections", "11000", "--log", "off"]);
    let Some(mut idle) = crowd(&server) else {
        return;
    };

    assert_eq!(server.client().create(&["proj_a"]).await.status, 200);

    if let Some(resident) = resident_mib(&server) {
        assert!(resident < 200, "{resident} MiB");
    }
    // Each is still there, and none has to wait for another.
    for stream in idle.iter_mut().step_by(97) {
        assert!(is_answered(stream));
    }
}

#[tokio::test]
async fn beyond_the_limit_those_that_were_idle_longest_make_room() {
    let server = Process::start(&["--log", "off"]);
    let Some(mut idle) = crowd(&server) else {
        return;
    };

    assert_eq!(server.client().create(&["proj_a"]).await.status, 200);

    let last = idle.last_mut().expect("ten thousand");
    assert!(is_answered(last), "the youngest has its place");
    let first = idle.first_mut().expect("ten thousand");
    assert!(!is_answered(first), "the oldest gave its place up");
}
