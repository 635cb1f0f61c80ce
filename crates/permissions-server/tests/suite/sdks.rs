//! The official SDKs and schemathesis against the server, where they are installed: `.ci/sdks`
//! installs them, `PERMISSIONS_SDKS` says where, `target/sdks` is looked at without it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::process::{KEY, Process};

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
