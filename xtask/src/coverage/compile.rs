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
//! A generated client.
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
    let versions = dependencies(&root.join("Cargo.toml"), "workspace.dependencies")?;
    output.file(
        folder.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n{versions}"),
    );
    let client = root.join("crates/permissions-api");
    let dependencies = dependencies(&client.join("Cargo.toml"), "dependencies")?;
    for (package, code) in packages {
        let place = folder.join(package);
        let head =
            format!("[package]\nname = {package:?}\nversion = \"0.0.0\"\nedition = \"2024\"");
        output.file(
            place.join("Cargo.toml"),
            format!("{head}\n\n{dependencies}"),
        );
        output.file(place.join("src/lib.rs"), LIB);
        output.file(place.join("src/generated.rs"), *code);
        for name in ["src/hooks.rs", "src/ids.rs"] {
            output.file(place.join(name), read(&client.join(name))?);
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
            "failed to compile in {}: see the errors of cargo check above",
            folder.display()
        );
    }
    Ok(errors)
}

/// Returns the names of the public types of generated code.
pub(super) fn items(code: &str) -> BTreeSet<String> {
    code.lines().filter_map(item).collect()
}

/// Returns a table of a manifest as TOML, such as `workspace.dependencies`.
fn dependencies(manifest: &Path, name: &str) -> Result<String> {
    let mut table: toml::Value = toml::from_str(&read(manifest)?)
        .with_context(|| format!("failed to parse {}", manifest.display()))?;
    for key in name.split('.') {
        table = match table.get(key) {
            Some(inner) => inner.clone(),
            None => bail!("failed to find [{name}] in {}", manifest.display()),
        };
    }
    let inner = toml::to_string(&toml::Table::from_iter([("inner".to_owned(), table)]))?;
    Ok(inner.replace("[inner", &format!("[{name}")))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

/// Parses one JSON message of `cargo check`.
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

/// Returns the name of the public type that a line of Rust code declares.
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
