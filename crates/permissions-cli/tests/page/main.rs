//! Runs the browser tests of the audit page, which are written in JavaScript.
//!
//! Each `test("…")` in a `.test.js` file is one test here. If a program that the tests need is missing, all tests are
//! ignored with that reason. `.ci/page` installs these programs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic fails the test"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use permissions_server::{Fault, Faults, Server};
use serde_json::Value;
use tempfile::TempDir;

const FILES: &[(&str, &str)] = &[
    ("command", include_str!("command.test.js")),
    ("counts", include_str!("counts.test.js")),
    ("interaction", include_str!("interaction.test.js")),
    ("screens", include_str!("screens.test.js")),
];

fn main() -> ExitCode {
    let missing = Arc::new(LazyLock::new(
        missing_program as fn() -> Option<&'static str>,
    ));
    let trials = FILES.iter().flat_map(|(file, source)| {
        let results = Arc::new(LazyLock::new(move || run_file(file)));
        test_names(source).map({
            let missing = Arc::clone(&missing);
            move |name| trial(file, name, &missing, &results)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

type Missing = LazyLock<Option<&'static str>>;

fn trial<F>(
    file: &str,
    name: &'static str,
    missing: &Arc<Missing>,
    results: &Arc<LazyLock<Results, F>>,
) -> Trial
where
    F: FnOnce() -> Results + Send + 'static,
{
    let (missing, results) = (Arc::clone(missing), Arc::clone(results));
    Trial::ignorable_test(
        format!("{file}::{}", name.replace(' ', "_").replace(',', "")),
        move || {
            if let Some(reason) = **missing {
                return Ok(Completion::ignored_with(reason));
            }
            match results.get(name) {
                Some(Ok(())) => Ok(Completion::Completed),
                Some(Err(message)) => Err(Failed::from(message)),
                None => Err(Failed::from(
                    results.get("").map_or("Node reported no result", |all| {
                        all.as_ref().err().map_or("", String::as_str)
                    }),
                )),
            }
        },
    )
}

/// Result of each test by name. The entry with the name "" contains the standard error of Node, which explains why a
/// file could not be loaded.
type Results = HashMap<String, Result<(), String>>;

/// Returns the names of the tests of a JavaScript file.
fn test_names(source: &'static str) -> impl Iterator<Item = &'static str> {
    let quoted = |line: &'static str| line.strip_prefix("test(\"")?.split('"').next();
    source.lines().filter_map(quoted)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page")
}

/// Returns why the tests cannot run, if a program is missing.
fn missing_program() -> Option<&'static str> {
    let runs = |program: &str, argument: &str| {
        let mut command = Command::new(program);
        command
            .arg(argument)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok()
    };
    if !runs("node", "--version") {
        return Some("no Node.js, run .ci/page");
    }
    if !runs("chromium", "--version") {
        return Some("no Chromium, run .ci/page");
    }
    if !runs("pdftotext", "-v") {
        return Some("no pdftotext (poppler-utils), run .ci/page");
    }
    if !folder().join("node_modules/playwright-core").exists() {
        return Some("no playwright-core in tests/page, run .ci/page");
    }
    None
}

/// Runs one JavaScript file with Node.
fn run_file(file: &str) -> Results {
    let work = tempfile::tempdir().unwrap();
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=./reporter.mjs"])
        .arg(format!("{file}.test.js"))
        .current_dir(folder());
    if file == "command" {
        node.env("AUDIT_PAGE", audit_page(&work));
    }
    let output = node.output().expect("node starts");
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    let mut results: Results = lines
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| {
            let error = line["error"].as_str().map(str::to_owned);
            let name = line["name"].as_str().unwrap_or_default();
            (name.to_owned(), error.map_or(Ok(()), Err))
        })
        .collect();
    let failure = String::from_utf8_lossy(&output.stderr).into_owned();
    results.insert(String::new(), Err(failure));
    results
}

/// Writes a page with the command: three readable checkpoints, one that the server refuses, and a manifest.
fn audit_page(work: &TempDir) -> PathBuf {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let forbidden = Fault::Status(403);
    let server = Server::builder()
        .admin_key("sk-admin-test")
        .permissions(
            "ft:gpt-4o:acme:forecast:B7R9VjQd",
            ["proj_forecast", "proj_maps"],
        )
        .permissions("ft:gpt-4o:acme:maps:9dQe77Lm", ["proj_maps"])
        .project("proj_maps", "Maps team")
        .archived_project("proj_radar", "Radar team")
        // The fault is in the fifth request. The four requests before it are the list of projects and three lists of
        // permissions.
        .faults(Faults::in_turn([None, None, None, None, Some(forbidden)]));
    let server = runtime.block_on(server.start()).unwrap();
    let manifest = "\
[checkpoints]
# production
\"ft:gpt-4o:acme:forecast:B7R9VjQd\" = [
    \"proj_forecast\", # the service
    \"proj_radar\",
]
\"ft:gpt-4o:acme:voice:eeG9AGFA\" = []
";
    std::fs::write(work.path().join("permissions.toml"), manifest).unwrap();
    let checkpoints = [
        "forecast:B7R9VjQd",
        "maps:9dQe77Lm",
        "voice:eeG9AGFA",
        "retired:acehCa45",
    ];
    let status = Command::new(env!("CARGO_BIN_EXE_permissions"))
        .args([
            "audit",
            "--against",
            "permissions.toml",
            "--names",
            "--html",
            "audit.html",
            "--concurrency",
            "1",
            "--organization",
            "org-acme",
        ])
        .args(checkpoints.map(|checkpoint| format!("ft:gpt-4o:acme:{checkpoint}")))
        .current_dir(work.path())
        .env_clear()
        .env("OPENAI_BASE_URL", server.base_url())
        .env("OPENAI_ADMIN_KEY", "sk-admin-test")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(
        !status.success(),
        "the checkpoint that is not read sets the exit code"
    );
    runtime.block_on(server.shutdown());
    work.path().join("audit.html")
}
