//! Pinning a local file, and what regenerating starts at.

use std::fs;

use xtask::fetch;

use super::*;
use crate::server::Answer;

#[test]
fn a_local_file_is_pinned_and_kept() {
    let bytes = document("local");
    let workspace = Workspace::pinned_to(&document("older"));
    let file = workspace.folder.path().join("copy.yaml");
    fs::write(&file, &bytes).unwrap();

    fetch::local(&workspace.layout(), &file, None).unwrap();

    let lock = workspace.lock();
    assert_eq!(
        (&lock.commit, &lock.sha256),
        (&None, &lock_of(&bytes).sha256)
    );
    let (_, kept) = fetch::cached(&workspace.layout()).unwrap().unwrap();
    assert_eq!(kept.source, bytes);
}

#[test]
fn a_file_without_a_commit_cannot_be_downloaded() {
    let workspace = Workspace::pinned_to(&document("older"));
    let mut lock = workspace.lock();
    lock.commit = None;
    workspace.write_lock(&lock);
    let server = Server::start([] as [Answer; 0]);

    let error = workspace.fetch(&server).unwrap_err();

    assert!(error.contains("the pin names no commit"), "{error}");
    assert!(
        error.contains("--from FILE") && error.contains("--latest"),
        "{error}"
    );
    assert_eq!(server.requests(), []);
}

#[test]
fn a_wrong_file_leaves_the_pin_as_it_was() {
    let workspace = Workspace::pinned_to(&document("older"));
    let before = fs::read(workspace.layout().lock()).unwrap();
    let file = workspace.folder.path().join("package.json");
    fs::write(&file, r#"{"name": "package"}"#).unwrap();
    let missing = workspace.folder.path().join("missing.json");

    let errors = [
        (&file, None, "this is not an OpenAPI document"),
        (&missing, None, "check the path"),
        (&missing, Some("main".to_owned()), "check the path"),
    ];
    for (file, commit, expected) in errors {
        let error = fetch::local(&workspace.layout(), file, commit).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&file.display().to_string()), "{error}");
    }
    assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
}

#[test]
fn without_a_pin_there_is_nothing_to_start_at() {
    let workspace = Workspace::pinned_to(&document("a"));

    assert!(fetch::cached(&workspace.layout()).unwrap().is_none());

    fs::remove_file(workspace.layout().lock()).unwrap();
    assert!(fetch::cached(&workspace.layout()).unwrap().is_none());
    let error = workspace.fetch(&Server::start([])).unwrap_err();
    assert!(
        error.contains("upstream.lock: there is no such file"),
        "{error}"
    );
}
