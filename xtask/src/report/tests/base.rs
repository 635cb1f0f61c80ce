//! Tests of the command with files and a git repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::super::{Format, run};
use crate::layout::Layout;
use crate::regen;

/// Returns a git repository with one commit of the files that the report reads.
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

/// Adds a property to the schema of a permission and regenerates the client.
fn grow(root: &Path) {
    let layout = Layout::new(root);
    let mut document: Value =
        serde_json::from_slice(&fs::read(layout.permissions()).unwrap()).unwrap();
    document["components"]["schemas"]["Permission"]["properties"]["region"] =
        json!({"type": "string", "description": "Region of the project."});
    let text = regen::render(&document).unwrap();
    fs::write(layout.permissions(), &text).unwrap();
    let mut lock = layout.read_lock().unwrap().unwrap();
    lock.permissions_sha256 = crate::document::sha256(text.as_bytes());
    fs::write(layout.lock(), lock.render().unwrap()).unwrap();
    regen::from_permissions(&layout)
        .unwrap()
        .output
        .write()
        .unwrap();
}

fn json(root: &Path, base: &str) -> Value {
    serde_json::from_str(&run(&Layout::new(root), base, None, Format::Json).unwrap()).unwrap()
}

#[test]
fn workspace_is_compared_with_revision() {
    let folder = workspace();
    let base = "HEAD";
    assert_eq!(json(folder.path(), base)["verdict"], Value::Null);

    grow(folder.path());

    let report = json(folder.path(), base);
    assert_eq!(report["changes"][0]["location"], "Permission.region");
    assert_eq!(report["verdict"], "minor", "{report:#}");
    assert_eq!(report["surface"]["removed"], json!([]), "{report:#}");
    assert_eq!(
        report["pins"]["from"]["sha256"],
        report["pins"]["to"]["sha256"]
    );
}

#[test]
fn workspace_is_compared_with_file() {
    let folder = workspace();
    let old = folder.path().join("old.json");
    fs::copy(Layout::new(folder.path()).permissions(), &old).unwrap();
    grow(folder.path());

    let report = json(folder.path(), old.to_str().unwrap());

    assert_eq!(report["verdict"], "minor", "{report:#}");
    assert_eq!(report["operations"]["changed"].as_array().unwrap().len(), 2);
    assert_eq!(report["pins"]["from"], Value::Null);
}

#[test]
fn error_for_unreadable_base_contains_its_name() {
    let folder = workspace();
    let error = |base: &str| {
        let error = run(&Layout::new(folder.path()), base, None, Format::Markdown).unwrap_err();
        format!("{error:#}")
    };
    assert_eq!(
        error("v9"),
        "there is no file and no git revision \"v9\"; use a revision of `git log`, or fetch it first"
    );
    // git must not interpret a revision that starts with `-` as an option.
    assert!(error("--help").starts_with("there is no file and no git revision \"--help\""));

    git(
        folder.path(),
        &["rm", "--quiet", "--cached", "-r", "openapi"],
    );
    git(folder.path(), &["commit", "--quiet", "--message", "Forget"]);
    assert_eq!(
        error("HEAD"),
        "revision HEAD has no openapi/permissions.json; use a revision that has it"
    );
}

#[test]
fn error_for_invalid_upstream_spec_contains_name() {
    let folder = workspace();
    let upstream = json!({"openapi": "3.1.0", "paths": {}});

    let upstream = Some(("upstream.yaml".to_owned(), &upstream));
    let error = run(
        &Layout::new(folder.path()),
        "HEAD",
        upstream,
        Format::Markdown,
    )
    .unwrap_err();

    let error = format!("{error:#}");
    assert!(
        error.starts_with("failed to generate the client from upstream.yaml: "),
        "{error}"
    );
}
