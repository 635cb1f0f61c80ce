//! Moving the pin to the newest commit.

use std::fs;

use xtask::document::MAX_BYTES;

use super::*;
use crate::server::Answer;

const NEWER: &str = "fedcba9876543210fedcba9876543210fedcba98";

fn commit(sha: &str) -> Answer {
    Answer::whole(format!(r#"[{{"sha": "{sha}", "commit": {{}}}}]"#).as_bytes())
}

#[test]
fn the_pin_moves_to_the_newest_commit() {
    let newer = document("newer");
    let workspace = Workspace::pinned_to(&document("older"));
    let api = Server::start([commit(NEWER)]);
    let files = Server::start([Answer::whole(&newer)]);

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
fn the_token_goes_to_the_api_alone() {
    let workspace = Workspace::pinned_to(&document("older"));
    let elsewhere = Server::start([commit(NEWER)]);
    let away = format!(
        "Location: {}/commits",
        elsewhere.url().replace("127.0.0.1", "localhost")
    );
    let api = Server::start([Answer::status("301 Moved Permanently")
        .length(0)
        .header(&away)]);
    let files = Server::start([Answer::whole(&document("newer"))]);

    workspace.fetch_latest(&files, &api).unwrap();

    let sent = |server: &Server| server.requests()[0].authorization.clone();
    assert_eq!(sent(&api).as_deref(), Some("Bearer secret-token"));
    assert_eq!(sent(&elsewhere), None);
    assert_eq!(sent(&files), None);
}

#[test]
fn a_pin_that_is_the_newest_stays_and_gets_its_commit_in_full() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let mut lock = workspace.lock();
    lock.commit = Some(COMMIT[..7].to_owned());
    workspace.write_lock(&lock);
    let api = Server::start([commit(COMMIT), commit(COMMIT)]);
    let files = Server::start([Answer::whole(&bytes)]);

    let first = workspace.fetch_latest(&files, &api).unwrap();
    let second = workspace.fetch_latest(&files, &api).unwrap();

    assert_eq!(workspace.lock(), lock_of(&bytes));
    assert_eq!((first.changes.len(), second.changes.len()), (1, 0));
    assert!(second.cached);
}

#[test]
fn what_goes_wrong_leaves_the_pin_as_it_was() {
    let newer = document("newer");
    let json = |status: &str, body: &str| {
        Answer::status(status)
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
            "the answer is no list of commits",
        ),
        (json("200 OK", "[]"), None, "no commit touches openapi.json"),
        (
            json("200 OK", r#"[{"sha": "../.."}]"#),
            None,
            "the answer names no commit",
        ),
        (
            good(),
            Some(Answer::status("404 Not Found").length(0)),
            "404 Not Found",
        ),
        (
            good(),
            Some(Answer::whole(b"<!doctype html>")),
            "this looks like a web page",
        ),
        (
            good(),
            Some(Answer::whole(br#"{"swagger": "2.0"}"#)),
            "this is Swagger",
        ),
        (
            good(),
            Some(Answer::whole(&newer).cut(100)),
            "100 bytes are here",
        ),
        (
            good(),
            Some(Answer::status("200 OK").length(MAX_BYTES as usize + 1)),
            "this is no OpenAPI document",
        ),
    ];
    for (answer, file, expected) in cases {
        let workspace = Workspace::pinned_to(&document("older"));
        let before = fs::read(workspace.layout().lock()).unwrap();
        let (api, files) = (Server::start([answer]), Server::start(file));

        let error = workspace.fetch_latest(&files, &api).unwrap_err();

        assert!(error.contains(expected), "{expected}: {error}");
        assert!(!error.contains("secret-token"), "{error}");
        assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
    }
}

#[test]
fn a_download_of_which_nothing_is_known_goes_on_as_well() {
    let newer = document("newer");
    let workspace = Workspace::pinned_to(&document("older"));
    let api = Server::start([commit(NEWER), commit(NEWER)]);
    let failing = Server::start([Answer::whole(&newer).cut(100)]);
    workspace.fetch_latest(&failing, &api).unwrap_err();
    let working = Server::start([Answer::rest(&newer, 100)]);

    let fetched = workspace.fetch_latest(&working, &api).unwrap();

    assert_eq!(fs::read(&fetched.file).unwrap(), newer);
    assert_eq!(workspace.cache(), [fetched.file]);
    assert_eq!(working.requests()[0].range.as_deref(), Some("bytes=100-"));
}
