//! The report as the command runs it: over files on disk and a real git repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::super::{Base, Format, run};
use crate::layout::Layout;
use crate::regen;

/// A workspace with the files that the report reads, committed once.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for path in [
        "openapi/overlay.yaml",
        "openapi/permissions.json",
        "openapi/select.toml",
        "openapi/upstream.lock",
        "crates/permissions-api/src/generated.rs",
    ] {
        let copy = folder.path().join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(source.join(path), copy).unwrap();
    }
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "Begin"]);
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = [
        "-c",
        "user.name=Nobody",
        "-c",
        "user.email=nobody@lists.example",
    ];
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(identity)
        .args(arguments)
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments:?}");
}

/// Gives permissions one more field and generates the client anew.
fn grow(root: &Path) {
    let layout = Layout::new(root);
    let mut document: Value =
        serde_json::from_slice(&fs::read(layout.permissions()).unwrap()).unwrap();
    document["components"]["schemas"]["Permission"]["properties"]["region"] =
        json!({"type": "string", "description": "Where it holds."});
    fs::write(layout.permissions(), regen::render(&document).unwrap()).unwrap();
    regen::from_permissions(&layout)
        .unwrap()
        .output
        .write()
        .unwrap();
}

fn json(root: &Path, base: &Base) -> Value {
    serde_json::from_str(&run(root, base, None, Format::Json).unwrap()).unwrap()
}

#[test]
fn what_is_on_disk_is_compared_with_a_revision() {
    let folder = workspace();
    let base = Base::new("HEAD");
    assert_eq!(json(folder.path(), &base)["verdict"], Value::Null);

    grow(folder.path());

    let report = json(folder.path(), &base);
    assert_eq!(report["changes"][0]["location"], "Permission.region");
    assert_eq!(report["verdict"], "minor", "{report:#}");
    assert_eq!(report["surface"]["removed"], json!([]), "{report:#}");
    assert_eq!(report["pins"]["from"], report["pins"]["to"]);
}

#[test]
fn what_is_on_disk_is_compared_with_a_file() {
    let folder = workspace();
    let old = folder.path().join("old.json");
    fs::copy(Layout::new(folder.path()).permissions(), &old).unwrap();
    grow(folder.path());

    let report = json(folder.path(), &Base::new(old.to_str().unwrap()));

    assert_eq!(report["verdict"], "minor", "{report:#}");
    assert_eq!(report["operations"]["changed"].as_array().unwrap().len(), 2);
    assert_eq!(report["pins"]["from"], Value::Null);
}

#[test]
fn a_base_that_cannot_be_read_is_named() {
    let folder = workspace();
    let error = |base: &str| {
        let error = run(folder.path(), &Base::new(base), None, Format::Markdown).unwrap_err();
        format!("{error:#}")
    };
    assert_eq!(
        error("v9"),
        "there is no file and no revision \"v9\"; name one of `git log`, or fetch it first"
    );
    // What looks like an option of git is a name like any other.
    assert!(error("--help").starts_with("there is no file and no revision \"--help\""));

    git(
        folder.path(),
        &["rm", "--quiet", "--cached", "-r", "openapi"],
    );
    git(folder.path(), &["commit", "--quiet", "--message", "Forget"]);
    assert_eq!(
        error("HEAD"),
        "revision HEAD has no openapi/permissions.json; name one that has"
    );
}

#[test]
fn a_document_that_gives_no_client_is_named() {
    let folder = workspace();
    let upstream = json!({"openapi": "3.1.0", "paths": {}});

    let upstream = Some(("upstream.yaml".to_owned(), &upstream));
    let error = run(
        folder.path(),
        &Base::new("HEAD"),
        upstream,
        Format::Markdown,
    )
    .unwrap_err();

    let error = format!("{error:#}");
    assert!(
        error.starts_with("failed to make a client of upstream.yaml: "),
        "{error}"
    );
}
