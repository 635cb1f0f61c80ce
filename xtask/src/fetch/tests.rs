//! Downloads from a real server that does what it is told.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    thread,
};

use super::*;

const DOCUMENT: &str = r#"{"openapi": "3.1.0", "paths": {}}"#;
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Answers one connection after another with the given texts, and returns where.
fn serve(answers: Vec<String>) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap()).lines();
            while request
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    Origin {
        files: url.clone(),
        api: url,
    }
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A workspace whose pin is `DOCUMENT`.
fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("source.json");
    fs::write(&source, DOCUMENT).unwrap();
    let document = document::read(&source).unwrap();
    let lock = Lock {
        commit: Some("abc1234".to_owned()),
        path: "openapi.json".to_owned(),
        ..Lock::of_local(&document, "source.json", None)
    };
    fs::create_dir(root.path().join("openapi")).unwrap();
    fs::write(Layout::new(root.path()).lock(), lock.render().unwrap()).unwrap();
    root
}

fn pin(root: &tempfile::TempDir) -> String {
    fs::read_to_string(Layout::new(root.path()).lock()).unwrap()
}

fn files(root: &tempfile::TempDir) -> usize {
    fs::read_dir(folder(root.path())).map_or(0, Iterator::count)
}

#[test]
fn the_pinned_document_is_downloaded_once() {
    let root = workspace();
    let origin = serve(vec![ok(DOCUMENT)]);

    let first = pinned(root.path(), &origin).unwrap();
    let again = pinned(root.path(), &origin).unwrap();

    assert_eq!(first, again);
    assert_eq!(fs::read_to_string(first).unwrap(), DOCUMENT);
}

#[test]
fn a_download_that_is_not_the_pin_is_not_kept() {
    let broken_off =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 33\r\n\r\n{\"openapi\"".to_owned();
    let cases = [
        (
            ok(r#"{"openapi": "3.1.1", "paths": {}}"#),
            "is not what openapi/upstream.lock pins",
        ),
        (broken_off, "broke off"),
        (
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "404",
        ),
        (String::new(), "failed to download"),
    ];
    for (answer, expected) in cases {
        let root = workspace();
        let before = pin(&root);

        let error = format!(
            "{:#}",
            pinned(root.path(), &serve(vec![answer])).unwrap_err()
        );

        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains("/openai/openai-openapi/abc1234/openapi.json"),
            "{error}"
        );
        assert_eq!((pin(&root), files(&root)), (before, 0));
    }
}

#[test]
fn latest_moves_the_pin_to_what_it_downloaded() {
    let root = workspace();
    let newer = r#"{"openapi": "3.2.0", "paths": {}}"#;
    let origin = serve(vec![ok(&format!(r#"[{{"sha": "{COMMIT}"}}]"#)), ok(newer)]);

    let path = latest(root.path(), &origin).unwrap();

    let lock = Lock::parse(&pin(&root)).unwrap();
    assert_eq!(
        (lock.commit.as_deref(), lock.openapi.as_str()),
        (Some(COMMIT), "3.2.0")
    );
    assert_eq!(
        from_cache(root.path(), &lock).unwrap().unwrap().value["openapi"],
        "3.2.0"
    );
    assert_eq!(path, cached(root.path(), &lock));
}

#[test]
fn latest_leaves_the_pin_where_nothing_better_was_found() {
    let commits = ok(&format!(r#"[{{"sha": "{COMMIT}"}}]"#));
    let cases = [
        (vec![ok("[]")], "names no commit"),
        (vec![ok("<html>")], "did not answer with JSON"),
        (
            vec![commits.clone(), ok(r#"{"name": "other"}"#)],
            "it has no `openapi`",
        ),
        (vec![commits, ok("{")], "failed to read"),
    ];
    for (answers, expected) in cases {
        let root = workspace();
        let before = pin(&root);

        let error = format!("{:#}", latest(root.path(), &serve(answers)).unwrap_err());

        assert!(error.contains(expected), "{error}");
        assert_eq!((pin(&root), files(&root)), (before, 0));
    }
}

#[test]
fn a_pin_without_a_commit_says_what_to_do() {
    let root = workspace();
    let mut lock = Lock::parse(&pin(&root)).unwrap();
    lock.commit = None;
    fs::write(Layout::new(root.path()).lock(), lock.render().unwrap()).unwrap();

    let error = pinned(root.path(), &Origin::default())
        .unwrap_err()
        .to_string();

    assert!(
        error.contains("names no commit") && error.contains("--from FILE"),
        "{error}"
    );
}
