//! Tests of the `cargo xtask fetch` process.

use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

use super::*;
use crate::server::Response;

#[test]
fn fetch_prints_path_size_and_commit() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Response::status("302 Found")
            .length(0)
            .header("Location: /elsewhere"),
        Response::complete(&bytes),
    ]);

    let output = finish(start(&workspace, &server, &[]));

    let [file] = &workspace.stored()[..] else {
        panic!("{:?}", workspace.stored());
    };
    assert_eq!(fs::read(file).unwrap(), bytes);
    let name = file.strip_prefix(workspace.folder.path()).unwrap();
    assert_eq!(
        messages(&output),
        format!(
            "{}: stored, {} bytes, commit {COMMIT}\nnothing changed\n",
            name.display(),
            bytes.len()
        )
    );
    assert!(output.status.success());
}

#[test]
fn document_from_standard_input_is_pinned() {
    let bytes = document("piped");
    let workspace = Workspace::pinned_to(&document("older"));
    let mut child = command(&workspace, &["--from", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();

    let output = finish(child);

    assert!(output.status.success(), "{}", messages(&output));
    assert!(messages(&output).ends_with("wrote openapi/upstream.lock\n"));
    assert_eq!(workspace.lock().sha256, lock_of(&bytes).sha256);
    let (_, kept) = fetch::cached(&workspace.layout()).unwrap().unwrap();
    assert_eq!(kept.source, bytes);
}

#[test]
fn empty_standard_input_leaves_pin_unchanged() {
    let workspace = Workspace::pinned_to(&document("older"));
    let before = fs::read(workspace.layout().lock()).unwrap();
    let child = command(&workspace, &["--from", "-"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();

    let output = finish(child);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        messages(&output).starts_with("error: "),
        "{}",
        messages(&output)
    );
    assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
    assert_eq!(workspace.stored(), [] as [PathBuf; 0]);
}

#[test]
fn document_with_other_checksum_is_not_stored() {
    let bytes = document("a");
    for other in [document("b"), document("longer")] {
        let workspace = Workspace::pinned_to(&bytes);
        let before = fs::read(workspace.layout().lock()).unwrap();
        let server = Server::start([Response::complete(&other)]);

        let output = finish(start(&workspace, &server, &[]));

        assert_eq!(output.status.code(), Some(1));
        let text = messages(&output);
        assert!(
            text.starts_with("error: the sha256 of http://") && text.contains("but the pin has"),
            "{text}"
        );
        assert!(text.contains("cargo xtask fetch --latest"), "{text}");
        assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
        assert_eq!(workspace.stored(), [] as [PathBuf; 0]);
    }
}

#[test]
fn killed_process_leaves_pin_and_stored_files_unchanged() {
    let (newer, older) = (document("newer"), document("older"));
    let workspace = Workspace::pinned_to(&older);
    workspace
        .fetch(&Server::start([Response::complete(&older)]))
        .unwrap();
    let (pin, stored) = (
        fs::read(workspace.layout().lock()).unwrap(),
        workspace.stored(),
    );
    let commit = "fedcba9876543210fedcba9876543210fedcba98";
    let newest = Response::complete(format!(r#"[{{"sha": "{commit}"}}]"#).as_bytes());

    let server = Server::start([newest, Response::complete(&newer).stall(100_000)]);
    let mut child = start(&workspace, &server, &["--latest"]);
    server.wait_for_stall();
    child.kill().unwrap();

    assert!(!finish(child).status.success());
    assert_eq!(fs::read(workspace.layout().lock()).unwrap(), pin);
    assert_eq!(workspace.stored(), stored);
    assert_eq!(fs::read(&stored[0]).unwrap(), older);
}

fn start(workspace: &Workspace, server: &Server, arguments: &[&str]) -> Child {
    command(workspace, arguments)
        .env("UPSTREAM_FILES_URL", server.url())
        .env("UPSTREAM_API_URL", server.url())
        .spawn()
        .unwrap()
}

fn command(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("--workspace")
        .arg(workspace.folder.path())
        .arg("fetch")
        .args(arguments)
        .env_remove("GITHUB_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn finish(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

/// Asserts that standard output is empty, and returns standard error.
fn messages(output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr.clone()).unwrap()
}
