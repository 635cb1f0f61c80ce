//! The official SDKs and schemathesis against the server, where they are installed: `.ci/sdks`
//! installs them, `PERMISSIONS_SDKS` says where, `target/sdks` is looked at without it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::process::{KEY, Process, command};

/// The interpreter or tool at `path` of the installed ones.
fn tool(path: &str) -> Option<(PathBuf, PathBuf)> {
    let folder = std::env::var_os("PERMISSIONS_SDKS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/sdks"),
        PathBuf::from,
    );
    let tool = folder.join(path);
    if tool.exists() {
        Some((tool, folder))
    } else {
        eprintln!("skipped: no {}; .ci/sdks installs it", tool.display());
        None
    }
}

fn run(command: &mut Command) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("a process");
    assert!(
        status.success(),
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
}

#[test]
fn python() {
    let Some((python, _)) = tool("python/bin/python") else {
        return;
    };
    let server = Process::start(&[]);
    run(Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/sdk/permissions.py"
        ))
        .env("OPENAI_BASE_URL", &server.base_url)
        .env("OPENAI_ADMIN_KEY", KEY));
}

/// The SDK's own tests of these operations. Left out are those whose ids are made up: a permission to
/// delete that nobody created, and `after=after`.
#[test]
fn what_the_python_sdk_is_tested_with() {
    let (Some((python, _)), Some((sdk, _))) = (tool("python/bin/python"), tool("python-sdk"))
    else {
        return;
    };
    let mut command = command(&["--listen", "127.0.0.1:0"]);
    command.env("OPENAI_ADMIN_KEY", "My API Key");
    let server = Process::spawn(command);
    run(Command::new(python)
        .args([
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "addopts=",
        ])
        .arg("tests/api_resources/fine_tuning/checkpoints/test_permissions.py")
        .args([
            "-k",
            "not (delete and not path_params) and not with_all_params",
        ])
        .env("TEST_API_BASE_URL", &server.base_url)
        .current_dir(sdk));
}

#[test]
fn node() {
    let Some((_, folder)) = tool("node/node_modules/openai") else {
        return;
    };
    let server = Process::start(&[]);
    run(Command::new("node")
        .arg("--test")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/sdk/permissions.mjs"
        ))
        .env("PERMISSIONS_SDKS", folder)
        .env("OPENAI_BASE_URL", &server.base_url)
        .env("OPENAI_ADMIN_KEY", KEY));
}

#[test]
fn schemathesis() {
    let Some((schemathesis, _)) = tool("python/bin/schemathesis") else {
        return;
    };
    let server = Process::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let root = server.base_url.trim_end_matches("/v1");
    run(Command::new(schemathesis)
        .arg("--config-file")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/sdk/schemathesis.toml"
        ))
        .args(["run", &format!("{root}/openapi.json")])
        .args(["--url", &server.base_url])
        .args(["--header", &format!("Authorization: Bearer {KEY}")])
        .args([
            "--mode",
            "all",
            "--phases",
            "examples,coverage,fuzzing,stateful",
        ])
        .args([
            "--max-examples",
            "50",
            "--seed",
            "1",
            "--generation-database",
            "none",
        ])
        .current_dir(folder.path()));
}
