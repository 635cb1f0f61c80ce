//! The pinned document, from servers that break off, lie and refuse.

use std::{cell::RefCell, fs};

use xtask::fetch::{self, Patience, Upstream};

use super::*;
use crate::server::Answer;

#[test]
fn the_pinned_document_arrives_once() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Answer::whole(&bytes)]);

    let first = workspace.fetch(&server).unwrap();
    let second = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(&first.file).unwrap(), bytes);
    assert_eq!((first.cached, second.cached), (false, true));
    assert_eq!(workspace.cache(), [first.file]);
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].target,
        format!("/openai/openai-openapi/{COMMIT}/openapi.json")
    );
}

#[test]
fn progress_is_told_up_to_the_end() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Answer::whole(&bytes)]);
    let told = RefCell::new(Vec::new());

    fetch::pinned(&workspace.layout(), &upstream(&server), &mut |here, all| {
        told.borrow_mut().push((here, all))
    })
    .unwrap();

    let (told, all) = (told.into_inner(), bytes.len() as u64);
    assert_eq!(told.first(), Some(&(0, Some(all))));
    assert_eq!(told.last(), Some(&(all, Some(all))));
    assert!(told.is_sorted());
}

#[test]
fn a_cut_connection_is_taken_up_where_it_broke() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Answer::whole(&bytes).cut(100_000),
        Answer::rest(&bytes, 100_000).stall(50_000),
        Answer::rest(&bytes, 150_000),
    ]);

    let fetched = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(fetched.file).unwrap(), bytes);
    let ranges: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.range)
        .collect();
    let from = |first: u32| Some(format!("bytes={first}-"));
    assert_eq!(ranges, [None, from(100_000), from(150_000)]);
}

#[test]
fn the_next_run_goes_on_where_the_last_one_gave_up() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let failing = Server::start([Answer::whole(&bytes).cut(100_000)]);

    let error = workspace.fetch(&failing).unwrap_err();
    assert!(
        error.contains("gave up after 3 attempts; 100000 bytes are here"),
        "{error}"
    );
    assert!(workspace.cache().iter().all(|path| is_part(path)));

    let working = Server::start([Answer::rest(&bytes, 100_000)]);
    let fetched = workspace.fetch(&working).unwrap();

    assert_eq!(fs::read(&fetched.file).unwrap(), bytes);
    assert_eq!(workspace.cache(), [fetched.file]);
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Answer::whole(&bytes).cut(100_000), Answer::whole(&bytes)]);

    let fetched = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(fetched.file).unwrap(), bytes);
}

#[test]
fn a_wrong_beginning_is_thrown_away() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let wrong = document("b");
    let failing = Server::start([Answer::whole(&wrong).cut(100_000)]);
    workspace.fetch(&failing).unwrap_err();

    let server = Server::start([Answer::rest(&bytes, 100_000), Answer::whole(&bytes)]);
    let fetched = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(fetched.file).unwrap(), bytes);
}

#[test]
fn a_server_that_sends_another_part_than_asked_for_is_asked_for_all() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Answer::whole(&bytes).cut(100_000),
        Answer::rest(&bytes, 7),
        Answer::whole(&bytes),
    ]);

    let fetched = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(fetched.file).unwrap(), bytes);
}

#[test]
fn a_redirect_is_followed() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Answer::status("302 Found")
            .length(0)
            .header("Location: /elsewhere"),
        Answer::whole(&bytes),
    ]);

    let fetched = workspace.fetch(&server).unwrap();

    assert_eq!(fs::read(fetched.file).unwrap(), bytes);
    assert_eq!(server.requests()[1].target, "/elsewhere");
}

#[test]
fn an_overloaded_server_is_asked_again() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Answer::status("503 Service Unavailable").length(0),
        Answer::status("429 Too Many Requests").length(0),
        Answer::whole(&bytes),
    ]);

    workspace.fetch(&server).unwrap();

    assert_eq!(server.requests().len(), 3);
}

/// Servers that never send the pinned document: each is told apart, and nothing is left of what
/// they sent but what may be gone on with.
#[test]
fn what_is_not_the_pinned_document_is_refused() {
    let bytes = document("a");
    let length = bytes.len();
    let error = |status: &str| Answer::status(status).length(0);
    let chunked = Answer::status("200 OK").header("Transfer-Encoding: chunked");
    let chunk = [
        format!("{length:x}\r\n").as_bytes(),
        &bytes,
        b"\r\n2\r\n{}\r\n0\r\n\r\n",
    ]
    .concat();
    let cases = [
        // Other bytes of the same length.
        (vec![Answer::whole(&document("b"))], "its sha256 is", 0),
        // Another length, told before anything is read.
        (
            vec![Answer::whole(b"{}")],
            "the server has 2 bytes and the pin says 300",
            0,
        ),
        // More than it told, or never told.
        (
            vec![chunked.body(&chunk)],
            "the server sends more than 300",
            0,
        ),
        // Less than it told, again and again.
        (
            vec![Answer::whole(&bytes).cut(9); 3],
            "gave up after 3 attempts; 9 bytes are here",
            9,
        ),
        (
            vec![Answer::status("200 OK").body(&bytes)],
            "does not say how long the file is",
            0,
        ),
        (
            vec![Answer::whole(&bytes).stall(9); 3],
            "gave up after 3 attempts",
            9,
        ),
        (
            vec![error("404 Not Found")],
            "404 Not Found; check `repository`",
            0,
        ),
        (
            vec![error("403 Forbidden")],
            "403 Forbidden; check the address",
            0,
        ),
        (
            vec![error("500 Internal Server Error"); 3],
            "the server answered 500",
            0,
        ),
        (
            vec![error("302 Found").header("Location: /again"); 9],
            "redirect",
            0,
        ),
    ];
    for (answers, expected, left) in cases {
        let workspace = Workspace::pinned_to(&bytes);
        let before = fs::read(workspace.layout().lock()).unwrap();
        let server = Server::start(answers);

        let error = workspace.fetch(&server).unwrap_err();

        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains(&server.url()), "{expected}: {error}");
        assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
        let kept: u64 = workspace
            .cache()
            .iter()
            .map(|path| path.metadata().unwrap().len())
            .sum();
        assert_eq!(kept, left, "{expected}");
        assert!(
            workspace.cache().iter().all(|path| is_part(path)),
            "{expected}"
        );
    }
}

#[test]
fn a_damaged_document_in_the_cache_is_fetched_again() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Answer::whole(&bytes), Answer::whole(&bytes)]);
    let file = workspace.fetch(&server).unwrap().file;
    fs::write(&file, document("b")).unwrap();

    let error = fetch::cached(&workspace.layout()).unwrap_err().to_string();
    assert!(error.contains("is not the document that"), "{error}");
    assert!(error.contains("run `cargo xtask fetch`"), "{error}");

    assert!(!workspace.fetch(&server).unwrap().cached);
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn two_runs_do_not_write_into_one_another() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([Answer::whole(&bytes)]);
    let second = RefCell::new(None);

    fetch::pinned(&workspace.layout(), &upstream(&server), &mut |_, _| {
        let mut second = second.borrow_mut();
        second.get_or_insert_with(|| workspace.fetch(&server).unwrap_err());
    })
    .unwrap();

    let error = second.into_inner().unwrap();
    assert!(error.contains("another run is downloading to"), "{error}");
}

#[test]
fn plain_http_is_for_this_machine_alone() {
    let new = |url| Upstream::new(url, fetch::API_URL, None, Patience::default());

    assert!(new("http://localhost:1").is_ok());
    assert!(new("http://[::1]:1").is_ok());
    for url in ["http://example.com", "ftp://example.com"] {
        let error = new(url).unwrap_err().to_string();
        assert!(error.contains("is not https"), "{error}");
    }
    let error = new("example.com").unwrap_err();
    assert!(format!("{error:#}").contains("is not an address such as https://"));
}

#[test]
fn nobody_listens() {
    let workspace = Workspace::pinned_to(&document("a"));
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let upstream = Upstream::new(&url, &url, None, patience()).unwrap();

    let error = fetch::pinned(&workspace.layout(), &upstream, &mut |_, _| {}).unwrap_err();

    assert!(format!("{error:#}").contains("refused"), "{error:#}");
}
