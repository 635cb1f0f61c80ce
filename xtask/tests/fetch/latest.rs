//! Tests of `fetch --latest`.

use std::fs;

use xtask::document::MAX_BYTES;

use super::*;
use crate::server::Response;

const NEWER: &str = "fedcba9876543210fedcba9876543210fedcba98";

fn commit(sha: &str) -> Response {
    Response::complete(format!(r#"[{{"sha": "{sha}", "commit": {{}}}}]"#).as_bytes())
}

#[test]
fn latest_moves_pin_to_newest_commit() {
    let newer = document("newer");
    let workspace = Workspace::pinned_to(&document("older"));
    let api = Server::start([commit(NEWER)]);
    let files = Server::start([Response::complete(&newer)]);

    let fetched = workspace.fetch_latest(&files, &api).unwrap();

    let lock = workspace.lock();
    assert_eq!(lock.commit.as_deref(), Some(NEWER));
    assert_eq!(
        (lock.sha256, lock.bytes),
        (lock_of(&newer).sha256, newer.len() as u64)
    );
    assert_eq!(fs::read(fetched.file).unwrap(), newer);
    assert_eq!(
        api.requests()[0].target,
        "/repos/openai/openai-openapi/commits?path=openapi.json&per_page=1"
    );
    assert_eq!(
        files.requests()[0].target,
        format!("/openai/openai-openapi/{NEWER}/openapi.json")
    );
}

#[test]
fn token_is_sent_to_api_only() {
    let workspace = Workspace::pinned_to(&document("older"));
    let elsewhere = Server::start([commit(NEWER)]);
    let away = format!(
        "Location: {}/commits",
        elsewhere.url().replace("127.0.0.1", "localhost")
    );
    let api = Server::start([Response::status("301 Moved Permanently")
        .length(0)
        .header(&away)]);
    let files = Server::start([Response::complete(&document("newer"))]);

    workspace.fetch_latest(&files, &api).unwrap();

    let sent = |server: &Server| server.requests()[0].authorization.clone();
    assert_eq!(sent(&api).as_deref(), Some("Bearer secret-token"));
    assert_eq!(sent(&elsewhere), None);
    assert_eq!(sent(&files), None);
}

#[test]
fn latest_with_unchanged_commit_records_complete_hash() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let mut lock = workspace.lock();
    lock.commit = Some(COMMIT[..7].to_owned());
    workspace.write_lock(&lock);
    let api = Server::start([commit(COMMIT), commit(COMMIT)]);
    let files = Server::start([Response::complete(&bytes)]);

    let first = workspace.fetch_latest(&files, &api).unwrap();
    let second = workspace.fetch_latest(&files, &api).unwrap();

    assert_eq!(workspace.lock(), lock_of(&bytes));
    assert_eq!((first.changes.len(), second.changes.len()), (1, 0));
    assert!(second.cached);
}

#[test]
fn failed_latest_leaves_pin_unchanged() {
    let newer = document("newer");
    let json = |status: &str, body: &str| {
        Response::status(status)
            .length(body.len())
            .body(body.as_bytes())
    };
    let good = || commit(NEWER);
    let cases = [
        (
            json("404 Not Found", r#"{"message": "Not Found"}"#),
            None,
            "check `repository`",
        ),
        (
            json("401 Unauthorized", r#"{"message": "Bad credentials"}"#),
            None,
            "Bad credentials; GITHUB_TOKEN is not valid",
        ),
        (
            json("200 OK", "<html>"),
            None,
            "the response is not a list of commits",
        ),
        (json("200 OK", "[]"), None, "no commit changes openapi.json"),
        (
            json("200 OK", r#"[{"sha": "../.."}]"#),
            None,
            "the response has no commit",
        ),
        (
            good(),
            Some(Response::status("404 Not Found").length(0)),
            "404 Not Found",
        ),
        (
            good(),
            Some(Response::complete(b"<!doctype html>")),
            "it seems to be a web page",
        ),
        (
            good(),
            Some(Response::complete(br#"{"swagger": "2.0"}"#)),
            "Swagger \"2.0\" is not supported",
        ),
        (
            good(),
            Some(Response::complete(&newer).cut(100)),
            "the connection ended after 100 bytes",
        ),
        (
            good(),
            Some(Response::status("200 OK").length(MAX_BYTES as usize + 1)),
            "so it is not the OpenAPI document",
        ),
    ];
    for (response, file, expected) in cases {
        let workspace = Workspace::pinned_to(&document("older"));
        let before = fs::read(workspace.layout().lock()).unwrap();
        let (api, files) = (Server::start([response]), Server::start(file));

        let error = workspace.fetch_latest(&files, &api).unwrap_err();

        assert!(error.contains(expected), "{expected}: {error}");
        assert!(!error.contains("secret-token"), "{error}");
        assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
    }
}
