//! Tests of the `cargo xtask regen` process.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;
use xtask::{layout::Layout, lock::Lock};

const FILES: [&str; 5] = [
    "openapi/select.toml",
    "openapi/overlay.yaml",
    "openapi/upstream.lock",
    "openapi/permissions.json",
    "crates/permissions-api/src/generated.rs",
];

/// A copy of the pipeline's files in a workspace without an upstream spec.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in FILES {
            let copy = folder.path().join(name);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(source.join(name), copy).unwrap();
        }
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} lacks {from}");
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    fn lock(&self) -> Lock {
        let layout = Layout::new(self.folder.path());
        layout.read_lock().unwrap().unwrap()
    }

    /// Runs `regen` in a folder of the workspace and returns its exit code and messages.
    fn regen(&self, arguments: &[&str]) -> (Option<i32>, String) {
        run(&self.path("openapi"), arguments)
    }
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("regen")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), messages)
}

/// Returns the path of the upstream spec that other tests of this crate use.
fn upstream() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/properties/upstream.yaml");
    path.to_str().unwrap().to_owned()
}

#[test]
fn unchanged_workspace_passes_check() {
    let workspace = Workspace::new();

    let (code, messages) = workspace.regen(&["--check"]);

    assert_eq!(code, Some(0), "{messages}");
    assert!(messages.contains("are up to date"), "{messages}");
}

#[test]
fn edited_permissions_are_refused_without_upstream_spec() {
    let workspace = Workspace::new();
    workspace.edit("openapi/permissions.json", "Lists the", "Prints the");
    let before = workspace.read("openapi/permissions.json");

    for arguments in [&["--check"][..], &[]] {
        let (code, messages) = workspace.regen(arguments);

        assert_eq!(code, Some(1), "{messages}");
        assert!(
            messages.contains("openapi/permissions.json was edited")
                && messages.contains("cargo xtask fetch"),
            "{messages}"
        );
        assert_eq!(workspace.read("openapi/permissions.json"), before);
    }
}

#[test]
fn edited_permissions_are_overwritten_from_upstream_spec() {
    let workspace = Workspace::new();
    let before = workspace.read("openapi/permissions.json");
    workspace.edit("openapi/permissions.json", "Lists the", "Prints the");

    let (code, messages) = workspace.regen(&["--from", &upstream()]);

    assert_eq!(code, Some(0), "{messages}");
    assert!(
        messages.contains("openapi/permissions.json was edited after it was generated"),
        "{messages}"
    );
    assert_eq!(workspace.read("openapi/permissions.json"), before);
}

#[test]
fn edited_client_fails_check_and_is_overwritten() {
    let workspace = Workspace::new();
    let name = "crates/permissions-api/src/generated.rs";
    let before = workspace.read(name);
    workspace.edit(name, "pub struct Client", "pub  struct Client");

    let (code, messages) = workspace.regen(&["--check"]);
    assert_eq!(code, Some(1), "{messages}");
    assert!(
        messages.contains(&format!("{name} was edited")),
        "{messages}"
    );

    let (code, messages) = workspace.regen(&[]);
    assert_eq!(code, Some(0), "{messages}");
    assert!(
        messages.contains(&format!("{name} was edited")),
        "{messages}"
    );
    assert!(messages.contains(&format!("wrote {name}")), "{messages}");
    assert_eq!(workspace.read(name), before);
}

#[cfg(unix)]
#[test]
fn symlinked_client_is_refused_and_target_unchanged() {
    let workspace = Workspace::new();
    let elsewhere = TempDir::new().unwrap();
    let source = workspace.path("crates/permissions-api/src");
    let moved = elsewhere.path().join("src");
    fs::rename(&source, &moved).unwrap();
    fs::write(moved.join("generated.rs"), "// theirs\n").unwrap();
    fs::write(moved.join("other.rs"), "// theirs\n").unwrap();
    std::os::unix::fs::symlink(&moved, &source).unwrap();

    for arguments in [&["--check"][..], &[]] {
        let (code, messages) = workspace.regen(arguments);

        assert_eq!(code, Some(1), "{messages}");
        assert!(messages.contains("is a symbolic link"), "{messages}");
        let theirs = fs::read_to_string(moved.join("generated.rs")).unwrap();
        assert_eq!(theirs, "// theirs\n");
        assert!(moved.join("other.rs").exists());
    }
}

#[test]
fn lock_of_local_file_has_no_origin() {
    let workspace = Workspace::new();

    let (code, messages) = workspace.regen(&["--from", &upstream()]);

    assert_eq!(code, Some(0), "{messages}");
    let lock = workspace.lock();
    assert_eq!(lock.file, "upstream.yaml");
    assert_eq!(
        (lock.repository, lock.commit, lock.path),
        (None, None, None)
    );
}

#[test]
fn local_file_with_origin_records_origin() {
    let workspace = Workspace::new();
    let origin = ["--repository", "shop/spec", "--commit", "0123abc"];

    let (code, messages) = workspace.regen(&[&["--from", &upstream()], &origin[..]].concat());

    assert_eq!(code, Some(0), "{messages}");
    let lock = workspace.lock();
    assert_eq!(lock.repository.as_deref(), Some("shop/spec"));
    assert_eq!(lock.commit.as_deref(), Some("0123abc"));

    let (code, messages) = workspace.regen(&["--from", &upstream(), "--commit", "0123abc"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("--repository"), "{messages}");
}

#[test]
fn missing_overlay_is_allowed() {
    let workspace = Workspace::new();
    fs::remove_file(workspace.path("openapi/overlay.yaml")).unwrap();

    let (code, messages) = workspace.regen(&["--from", &upstream()]);

    assert_eq!(code, Some(0), "{messages}");
    assert!(messages.contains("applied 0 overlay actions"), "{messages}");
}

#[test]
fn folder_outside_of_workspace_fails_with_remedy() {
    let folder = TempDir::new().unwrap();

    let (code, messages) = run(folder.path(), &["--check"]);

    assert_eq!(code, Some(1), "{messages}");
    assert!(
        messages.contains("failed to find a workspace") && messages.contains("--workspace DIR"),
        "{messages}"
    );
}
