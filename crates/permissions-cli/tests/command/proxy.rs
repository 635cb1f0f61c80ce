//! Proxy variables and wrong protocols.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc;

use crate::support::{Fixture, bare, run};

#[test]
fn local_file_works_with_any_proxy_variables() {
    let fixture = Fixture::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut first = [0; 512];
            let read = { stream }.read(&mut first).unwrap_or(0);
            let _ = sender.send(first[..read].to_vec());
        }
    });

    for value in [
        proxy.as_str(),
        "http://127.0.0.1:9",
        "socks5://127.0.0.1:9",
        "ftp://h",
        "http://[::bad",
    ] {
        let local = |args: &str| {
            let mut command: Command = bare(format!("--local x.db {args}").split_whitespace());
            command.current_dir(fixture.folder());
            for name in [
                "HTTP_PROXY",
                "HTTPS_PROXY",
                "ALL_PROXY",
                "http_proxy",
                "https_proxy",
                "all_proxy",
            ] {
                command.env(name, value);
            }
            run(command)
        };
        let created = local("create ft:x proj_a");
        assert_eq!(created.code(), Some(0), "{value}: {created}");
        assert_eq!(local("list ft:x").data().lines().count(), 1, "{value}");
    }
    assert!(received.try_recv().is_err(), "the proxy received a request");
}

#[test]
fn wrong_protocol_is_explained() {
    let fixture = Fixture::new();
    let https = fixture.base_url().replace("http://", "https://");

    let refused = run(fixture.command(["list", "ft:a", "--base-url", &https, "--retries", "0"]));

    assert_ne!(refused.code(), Some(0));
    assert!(
        refused.stderr().contains("speaks http without TLS"),
        "{refused}"
    );
    assert!(refused.stderr().contains("--base-url"), "{refused}");
}
