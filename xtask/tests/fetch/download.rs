//! Downloads of the pinned upstream spec from correct and faulty servers.

use std::{fs, time::Duration};

use xtask::fetch::{self, Upstream};

use super::*;
use crate::server::Response;

#[test]
fn pinned_spec_is_downloaded_once() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Response::complete(&bytes)]);

    let first = workspace.fetch(&server).unwrap();
    let second = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(&first.file).unwrap(), bytes);
    assert_eq!((first.cached, second.cached), (false, true));
    assert_eq!(workspace.stored(), [first.file]);
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].target,
        format!("/openai/openai-openapi/{COMMIT}/openapi.json")
    );
}

#[test]
fn redirect_is_followed() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Response::status("302 Found")
            .length(0)
            .header("Location: /elsewhere"),
        Response::complete(&bytes),
    ]);

    let fetched = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(fetched.file).unwrap(), bytes);
    assert_eq!(server.requests()[1].target, "/elsewhere");
}

#[test]
fn failed_download_reports_reason_and_stores_nothing() {
    let bytes = document("a");
    let length = bytes.len();
    let error = |status: &str| vec![Response::status(status).length(0)];
    let chunked = Response::status("200 OK").header("Transfer-Encoding: chunked");
    let chunk = [format!("{length:x}\r\n").as_bytes(), &bytes].concat();
    let cases = [
        // Content of the same length as the pinned content, but with other bytes.
        (vec![Response::complete(&document("b"))], "the sha256 of"),
        // Content of another length than the pinned content.
        (vec![Response::complete(b"{}")], "the sha256 of"),
        (
            vec![Response::complete(&bytes).cut(9)],
            "the connection ended after",
        ),
        (
            vec![Response::complete(&bytes).stall(9)],
            "the connection ended after",
        ),
        (vec![chunked.body(&chunk)], "the connection ended after"),
        (error("404 Not Found"), "404 Not Found; check `repository`"),
        (error("403 Forbidden"), "403 Forbidden; check the URL"),
        (
            error("500 Internal Server Error"),
            "500 Internal Server Error; try again later",
        ),
        (
            error("429 Too Many Requests"),
            "429 Too Many Requests; try again later",
        ),
        (
            vec![
                Response::status("302 Found")
                    .length(0)
                    .header("Location: /again");
                9
            ],
            "redirect",
        ),
    ];
    for (responses, expected) in cases {
        let workspace = Workspace::pinned_to(&bytes);
        let before = fs::read(workspace.layout().lock()).unwrap();
        let server = Server::start(responses);

        let error = workspace.fetch(&server).unwrap_err();

        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains(&server.url()), "{expected}: {error}");
        assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
        assert_eq!(workspace.stored(), [] as [PathBuf; 0], "{expected}");
    }
}

#[test]
fn damaged_stored_file_is_downloaded_again() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Response::complete(&bytes), Response::complete(&bytes)]);
    let file = workspace.fetch(&server).unwrap().file;
    fs::write(&file, document("b")).unwrap();

    let error = fetch::cached(&workspace.layout()).unwrap_err().to_string();
    assert!(error.contains("does not match the checksum"), "{error}");
    assert!(error.contains("run `cargo xtask fetch`"), "{error}");

    assert!(!workspace.fetch(&server).unwrap().cached);
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn plain_http_is_allowed_for_loopback_only() {
    let new = |url| Upstream::new(url, fetch::API_URL, None, Duration::from_secs(1));

    assert!(new("http://localhost:1").is_ok());
    assert!(new("http://[::1]:1").is_ok());
    for url in ["http://example.com", "ftp://example.com"] {
        let error = new(url).unwrap_err().to_string();
        assert!(error.contains("is not https"), "{error}");
    }
    let error = new("example.com").unwrap_err();
    assert!(format!("{error:#}").contains("is not a URL such as https://"));
}

#[test]
fn refused_connection_fails() {
    let workspace = Workspace::pinned_to(&document("a"));
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let upstream = Upstream::new(&url, &url, None, TIMEOUT).unwrap();

    let error = fetch::pinned(&workspace.layout(), &upstream).unwrap_err();

    assert!(format!("{error:#}").contains("refused"), "{error:#}");
}
