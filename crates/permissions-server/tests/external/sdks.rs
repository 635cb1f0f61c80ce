//! The official SDKs and schemathesis against the server. `.ci/sdks` installs them into `PERMISSIONS_SDKS`, by default
//! `target/sdks`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::Trial;
use tempfile::NamedTempFile;

use crate::process::{KEY, Process, command};
use crate::{Available, blocking};

/// The path of an installed program, and the folder that contains all installed programs.
fn tool(path: &str) -> Available<(PathBuf, PathBuf)> {
    let folder = std::env::var_os("PERMISSIONS_SDKS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/sdks"),
        PathBuf::from,
    );
    let tool = folder.join(path);
    if tool.exists() {
        Ok((tool, folder))
    } else {
        Err(format!(
            "{} is missing; .ci/sdks installs it",
            tool.display()
        ))
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

/// 25 projects, of which the last is archived.
fn server_with_projects() -> Process {
    let projects: Vec<String> = (0..25)
        .map(|n| {
            let archived = n == 24;
            format!("proj_{n:02} = {{ name = 'Project {n}', archived = {archived} }}\n")
        })
        .collect();
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), projects.concat()).expect("written");
    Process::start(&["--projects", &file.path().display().to_string()])
}

fn python_sdk_works() -> Available<()> {
    let (python, _) = tool("python/bin/python")?;
    let server = server_with_projects();
    run(Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/sdk/permissions.py"
        ))
        .env("OPENAI_BASE_URL", &server.base_url)
        .env("OPENAI_ADMIN_KEY", KEY));
    Ok(())
}

/// The SDK's own tests of the four operations, except those with invented ids: they delete a permission that nobody has
/// created, and list with `after=after`.
fn tests_of_the_python_sdk_pass() -> Available<()> {
    let (python, _) = tool("python/bin/python")?;
    let (sdk, _) = tool("python-sdk")?;
    // The SDK sends a different key for each group of operations.
    for (key, file, filter) in [
        (
            "My API Key",
            "fine_tuning/checkpoints/test_permissions.py",
            "not (delete and not path_params) and not with_all_params",
        ),
        (
            "My Admin API Key",
            "admin/organization/test_projects.py",
            "list and not with_all_params",
        ),
    ] {
        let mut command = command(&["--listen", "127.0.0.1:0"]);
        command.env("OPENAI_ADMIN_KEY", key);
        let server = Process::spawn(command);
        run(Command::new(&python)
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .args(["-o", "addopts="])
            .arg(format!("tests/api_resources/{file}"))
            .args(["-k", filter])
            .env("TEST_API_BASE_URL", &server.base_url)
            .current_dir(&sdk));
    }
    Ok(())
}

fn node_sdk_works() -> Available<()> {
    let (_, folder) = tool("node/node_modules/openai")?;
    let server = server_with_projects();
    run(Command::new("node")
        .arg("--test")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/sdk/permissions.mjs"
        ))
        .env("PERMISSIONS_SDKS", folder)
        .env("OPENAI_BASE_URL", &server.base_url)
        .env("OPENAI_ADMIN_KEY", KEY));
    Ok(())
}

fn schemathesis_finds_no_violations() -> Available<()> {
    let (schemathesis, _) = tool("python/bin/schemathesis")?;
    let server = server_with_projects();
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
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    vec![
        blocking("sdks::python_sdk_works", python_sdk_works),
        blocking(
            "sdks::tests_of_the_python_sdk_pass",
            tests_of_the_python_sdk_pass,
        ),
        blocking("sdks::node_sdk_works", node_sdk_works),
        blocking(
            "sdks::schemathesis_finds_no_violations",
            schemathesis_finds_no_violations,
        ),
    ]
}
