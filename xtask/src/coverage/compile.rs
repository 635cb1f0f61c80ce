//! Compiles generated code with the dependencies of the workspace.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::{
    layout::required,
    output::{self, Output},
    tree::elements,
};

/// A compiler error.
pub(super) struct CompileError {
    /// The crate that contains the error.
    pub(super) package: String,
    /// The public item that contains the error.
    pub(super) item: String,
    /// The message.
    pub(super) text: String,
}

/// Runs `cargo check` on a workspace of crates and returns the errors. `packages` contains the
/// generated code of each crate.
pub(super) fn check(packages: &BTreeMap<String, &str>, root: &Path) -> Result<Vec<CompileError>> {
    let folder = &root.join("target/coverage");
    let mut output = Output::new(folder);
    let members: Vec<&String> = packages.keys().collect();
    let workspace = manifest(&root.join("Cargo.toml"), "workspace", "members", members)?;
    output.file(folder.join("Cargo.toml"), workspace);
    let client = root.join("crates/permissions-api");
    for (package, code) in packages {
        let place = folder.join(package);
        let manifest = manifest(&client.join("Cargo.toml"), "package", "name", package)?;
        output.file(place.join("Cargo.toml"), manifest);
        output.file(place.join("src/generated.rs"), *code);
        for name in ["src/lib.rs", "src/hooks.rs", "src/ids.rs"] {
            output.file(place.join(name), required(&client.join(name))?);
        }
    }
    if let Some(lock) = output::read(&root.join("Cargo.lock"))? {
        output.file(folder.join("Cargo.lock"), lock);
    }
    output.write()?;

    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo)
        .args(["check", "--workspace", "--keep-going"])
        .args(["--message-format", "json", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .stderr(Stdio::inherit())
        .output()
        .context("failed to run cargo check")?;
    let output = String::from_utf8_lossy(&run.stdout);
    // Build scripts print lines that are not JSON.
    let messages = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let errors = messages.filter(|message| message["message"]["level"] == "error");
    let errors: Vec<CompileError> = errors
        .filter_map(|message| error(&message, folder))
        .collect();
    if errors.is_empty() && !run.status.success() {
        bail!(
            "failed to compile the workspace in {}: see the errors of cargo check above",
            folder.display()
        );
    }
    Ok(errors)
}

/// Returns the names of the public types of generated code.
pub(super) fn items(code: &str) -> BTreeSet<String> {
    code.lines().filter_map(item).collect()
}

/// Returns a manifest in which the value of one key is replaced.
fn manifest(path: &Path, table: &str, key: &str, value: impl Serialize) -> Result<String> {
    let mut manifest: toml::Table = toml::from_str(&required(path)?)
        .with_context(|| format!("failed to parse {}", path.display()))?;
    if let Some(toml::Value::Table(table)) = manifest.get_mut(table) {
        table.insert(key.to_owned(), toml::Value::try_from(value)?);
    }
    Ok(manifest.to_string())
}

/// Parses one JSON message of `cargo check`.
fn error(line: &Value, folder: &Path) -> Option<CompileError> {
    let message = &line["message"];
    let span = elements(&message["spans"]).find(|span| span["is_primary"] == true)?;
    let file = fs::read_to_string(folder.join(span["file_name"].as_str()?)).ok()?;
    let line_start = usize::try_from(span["line_start"].as_u64()?).ok()?;
    let above: Vec<&str> = file.lines().take(line_start).collect();
    Some(CompileError {
        package: line["target"]["name"].as_str()?.to_owned(),
        item: above.iter().rev().find_map(|line| item(line))?,
        text: message["message"].as_str()?.to_owned(),
    })
}

/// Returns the name of the public type that a line of Rust code declares.
fn item(line: &str) -> Option<String> {
    let line = line.trim_start();
    let starts = ["pub struct ", "pub enum ", "pub type "];
    let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
    Some(rest.chars().take_while(is_name).collect())
}
