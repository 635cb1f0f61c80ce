//! `cargo xtask fetch` as the process that people run.

use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

use super::*;
use crate::server::Answer;

#[test]
fn a_fetched_document_is_told_and_nothing_is_drawn_where_nobody_watches() {
    let bytes = document("a");
    let workspace = Workspace::pinned_to(&bytes);
    let server = Server::start([
        Answer::status("302 Found")
            .length(0)
            .header("Location: /elsewhere"),
        Answer::whole(&bytes),
    ]);

    let output = finish(start(&workspace, &server, &[]));

    let [file] = &workspace.cache()[..] else {
        panic!("{:?}", workspace.cache());
    };
    assert_eq!(fs::read(file).unwrap(), bytes);
    let name = file.strip_prefix(workspace.folder.path()).unwrap();
    assert_eq!(
        told(&output),
        format!(
            "{} is now here: {} bytes, commit {COMMIT}\nnothing changed\n",
            name.display(),
            bytes.len()
        )
    );
    assert!(output.status.success());
}

#[test]
fn a_document_from_standard_input_is_pinned() {
    let bytes = document("piped");
    let workspace = Workspace::pinned_to(&document("older"));
    let mut child = command(&workspace, &["--from", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();

    let output = finish(child);

    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).ends_with("wrote openapi/upstream.lock\n"));
    assert_eq!(workspace.lock().sha256, lock_of(&bytes).sha256);
    let (_, kept) = fetch::cached(&workspace.layout()).unwrap().unwrap();
    assert_eq!(kept.source, bytes);
}

#[test]
fn nothing_on_standard_input_leaves_the_pin_as_it_was() {
    let workspace = Workspace::pinned_to(&document("older"));
    let before = fs::read(workspace.layout().lock()).unwrap();
    let child = command(&workspace, &["--from", "-"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();

    let output = finish(child);

    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).starts_with("error: "), "{}", told(&output));
    assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
    assert_eq!(workspace.cache(), [] as [PathBuf; 0]);
}

/// Other bytes of the same number, and another number of them.
#[test]
fn another_document_than_the_pinned_one_is_an_error_and_is_not_kept() {
    let bytes = document("a");
    for (other, expected) in [
        (document("b"), "its sha256 is"),
        (document("longer"), "the pin says"),
    ] {
        let workspace = Workspace::pinned_to(&bytes);
        let before = fs::read(workspace.layout().lock()).unwrap();
        let server = Server::start([Answer::whole(&other)]);

        let output = finish(start(&workspace, &server, &[]));

        assert_eq!(output.status.code(), Some(1));
        let text = told(&output);
        assert!(
            text.starts_with("error: failed to download http://"),
            "{text}"
        );
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("cargo xtask fetch --latest"), "{text}");
        assert_eq!(fs::read(workspace.layout().lock()).unwrap(), before);
        let kept = workspace.cache().into_iter().map(fs::read);
        assert!(kept.map(Result::unwrap).all(|kept| kept.is_empty()));
    }
}

/// Nothing is done on Ctrl-C, so what holds for a process that cannot do anything any more holds for it.
#[test]
fn a_process_killed_in_the_middle_leaves_pin_and_cache_and_the_next_run_goes_on() {
    let newer = document("newer");
    let older = document("older");
    let workspace = Workspace::pinned_to(&older);
    workspace
        .fetch(&Server::start([Answer::whole(&older)]))
        .unwrap();
    let (pin, cache) = (
        fs::read(workspace.layout().lock()).unwrap(),
        workspace.cache(),
    );
    let commit = "fedcba9876543210fedcba9876543210fedcba98";
    let newest = || Answer::whole(format!(r#"[{{"sha": "{commit}"}}]"#).as_bytes());

    let server = Server::start([newest(), Answer::whole(&newer).stall(100_000)]);
    let mut child = start(&workspace, &server, &["--latest"]);
    server.wait_for_stall();
    child.kill().unwrap();
    assert!(!finish(child).status.success());

    assert_eq!(fs::read(workspace.layout().lock()).unwrap(), pin);
    let (parts, whole): (Vec<_>, Vec<_>) = workspace
        .cache()
        .into_iter()
        .partition(|path| is_part(path));
    assert_eq!(whole, cache);
    assert_eq!(fs::read(&whole[0]).unwrap(), older);
    // How much of it was written by then is up to the two processes; it is never wrong.
    let here = parts
        .first()
        .map_or(0, |part| part.metadata().unwrap().len() as usize);
    assert!(here <= 100_000);
    let rest = match here {
        0 => Answer::whole(&newer),
        here => Answer::rest(&newer, here),
    };
    let server = Server::start([newest(), rest]);

    let output = finish(start(&workspace, &server, &["--latest"]));

    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(workspace.lock().sha256, lock_of(&newer).sha256);
    let (_, kept) = fetch::cached(&workspace.layout()).unwrap().unwrap();
    assert_eq!(kept.source, newer);
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

/// What it said, all of which goes to standard error.
fn told(output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr.clone()).unwrap()
}
