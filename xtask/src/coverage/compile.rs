//! Compiles generated code with the dependencies of the workspace.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::output::{self, Output};

/// A compiler error.
pub(super) struct CompileError {
    /// The crate that contains the error.
    pub(super) package: String,
    /// The public item that contains the error.
    pub(super) item: String,
    /// The message.
    pub(super) text: String,
}

/// The generated code of each crate to compile.
pub(super) type Packages<'a> = BTreeMap<String, &'a str>;

const LIB: &str = "\
//! Generated client of a document.
#![allow(missing_docs, clippy::all)]

#[rustfmt::skip]
mod generated;
pub use generated::*;

pub mod hooks;
pub mod ids;
";

/// Runs `cargo check` on a workspace of the crates and returns the errors.
pub(super) fn check(
    packages: &Packages<'_>,
    root: &Path,
    folder: &Path,
) -> Result<Vec<CompileError>> {
    let mut output = Output::new(folder);
    let members: Vec<&String> = packages.keys().collect();
    output.file(
        folder.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
    );
    let dependencies = dependencies(root)?;
    let hand_written = ["hooks.rs", "ids.rs"].map(|name| {
        let path = root.join("crates/permissions-api/src").join(name);
        let text =
            fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()));
        text.map(|text| (name, text))
    });
    let hand_written = hand_written.into_iter().collect::<Result<Vec<_>>>()?;
    for (package, code) in packages {
        let place = folder.join(package);
        output.file(place.join("Cargo.toml"), manifest(package, &dependencies));
        output.file(place.join("src/lib.rs"), LIB);
        output.file(place.join("src/generated.rs"), *code);
        for (name, text) in &hand_written {
            output.file(place.join("src").join(name), text.clone());
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
    let mut errors = Vec::new();
    for line in String::from_utf8_lossy(&run.stdout).lines() {
        // Build scripts print lines that are not JSON.
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if message["message"]["level"] == "error" {
            errors.extend(error(&message, folder));
        }
    }
    if errors.is_empty() && !run.status.success() {
        bail!(
            "failed to compile in {}: cargo check says why above",
            folder.display()
        );
    }
    Ok(errors)
}

/// Returns the names of the public types of generated code.
pub(super) fn items(code: &str) -> BTreeSet<String> {
    code.lines().filter_map(item).collect()
}

fn manifest(package: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{package}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n{dependencies}"
    )
}

/// Returns the dependencies of permissions-api with the versions of the workspace.
fn dependencies(root: &Path) -> Result<String> {
    let read = |path: &Path| -> Result<toml::Table> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("failed to read {}", path.display()))
    };
    let workspace = read(&root.join("Cargo.toml"))?;
    let client = read(&root.join("crates/permissions-api/Cargo.toml"))?;
    let versions = workspace
        .get("workspace")
        .and_then(|table| table.get("dependencies"));
    let mut dependencies = toml::Table::new();
    for (name, wanted) in client
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
    {
        let Some(version) = versions.and_then(|versions| versions.get(name)) else {
            bail!("failed to find the version of {name} in the workspace's Cargo.toml");
        };
        let mut table = match version {
            toml::Value::Table(table) => table.clone(),
            version => toml::Table::from_iter([("version".to_owned(), version.clone())]),
        };
        if let Some(features) = wanted.get("features") {
            table.insert("features".to_owned(), features.clone());
        }
        dependencies.insert(name.clone(), toml::Value::Table(table));
    }
    Ok(toml::to_string(&toml::Table::from_iter([(
        "dependencies".to_owned(),
        dependencies.into(),
    )]))?)
}

/// Parses a message of the compiler.
fn error(line: &Value, folder: &Path) -> Option<CompileError> {
    let message = &line["message"];
    let package = line["target"]["name"].as_str()?.to_owned();
    let text = message["message"].as_str()?.to_owned();
    let spans = message["spans"].as_array()?;
    let span = spans.iter().find(|span| span["is_primary"] == true)?;
    let file = fs::read_to_string(folder.join(span["file_name"].as_str()?)).ok()?;
    let line = usize::try_from(span["line_start"].as_u64()?).ok()?;
    let above: Vec<&str> = file.lines().take(line).collect();
    let item = above.iter().rev().find_map(|line| item(line))?;
    Some(CompileError {
        package,
        item,
        text,
    })
}

/// Returns the name of the public type that a line declares.
fn item(line: &str) -> Option<String> {
    let line = line.trim_start();
    let rest = ["pub struct ", "pub enum ", "pub type "]
        .iter()
        .find_map(|start| line.strip_prefix(start))?;
    Some(
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect(),
    )
}
