//! Tests of `fetch --from FILE`.

use std::fs;

use xtask::fetch;

use super::*;
use crate::server::Response;

#[test]
fn local_file_is_pinned_and_stored() {
    let bytes = document("local");
    let workspace = Workspace::pinned_to(&document("older"));
    let file = workspace.folder.path().join("copy.yaml");
    fs::write(&file, &bytes).unwrap();

    fetch::local(&workspace.layout(), &file, None).unwrap();

    let lock = workspace.lock();
    assert_eq!(lock.file, "copy.yaml");
    assert_eq!(lock.sha256, lock_of(&bytes).sha256);
    assert_eq!((lock.repository, lock.commit), (None, None));
    let (_, kept) = fetch::cached(&workspace.layout()).unwrap().unwrap();
    assert_eq!(kept.source, bytes);
}

#[test]
fn pin_without_commit_cannot_be_downloaded() {
    let workspace = Workspace::pinned_to(&document("older"));
    let mut lock = workspace.lock();
    lock.commit = None;
    workspace.write_lock(&lock);
    let server = Server::start([] as [Response; 0]);

    let error = workspace.fetch(&server).unwrap_err();

    assert!(
        error.contains("openapi/upstream.lock has no commit"),
        "{error}"
    );
    assert!(
        error.contains("--from FILE") && error.contains("--latest"),
        "{error}"
    );
    assert_eq!(server.requests(), []);
}

#[test]
fn invalid_local_file_leaves_pin_unchanged() {
    let workspace = Workspace::pinned_to(&document("older"));
    let before = fs::read(workspace.layout().lock()).unwrap();
    let file = workspace.folder.path().join("package.json");
    fs::write(&file, r#"{"name": "package"}"#).unwrap();
    let missing = workspace.folder.path().join("missing.json");

    let errors = [
        (&file, None, "the document is not OpenAPI"),
        (&missing, None, "check the path"),
        (&missing, origin("main"), "check the path"),
    ];
    for (file, origin, expected) in errors {
        let error = fetch::local(&workspace.layout(), file, origin).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&file.display().to_string()), "{error}");
    }
    assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
}

#[test]
fn missing_pin_fails_with_path() {
    let workspace = Workspace::pinned_to(&document("a"));

    assert!(fetch::cached(&workspace.layout()).unwrap().is_none());

    fs::remove_file(workspace.layout().lock()).unwrap();
    assert!(fetch::cached(&workspace.layout()).unwrap().is_none());
    let error = workspace.fetch(&Server::start([])).unwrap_err();
    assert!(
        error.contains("upstream.lock: the file does not exist"),
        "{error}"
    );
}

#[test]
fn local_file_with_origin_records_repository_and_commit() {
    let workspace = Workspace::pinned_to(&document("older"));
    let file = workspace.folder.path().join("copy.json.gz");
    fs::write(&file, document("newer")).unwrap();

    fetch::local(&workspace.layout(), &file, origin("abcdef1")).unwrap();

    let lock = workspace.lock();
    assert_eq!(lock.file, "copy.json");
    assert_eq!(lock.repository.as_deref(), Some(REPOSITORY));
    assert_eq!(lock.commit.as_deref(), Some("abcdef1"));
    assert_eq!(lock.path.as_deref(), Some("openapi.json"));
}
