//! `cargo xtask regen`: generates all files from an upstream spec.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    document::{self, Document, sha256},
    layout::{GENERATED, Layout, PERMISSIONS, required},
    lock::{GENERATOR, Lock},
    lower,
    output::{Change, Output, read},
    overlay::{Applied, Overlay},
    problem::Note,
    select::{self, Selection},
};

/// The trimmed spec, with the overlay actions and the notes.
#[derive(Clone, Debug)]
pub struct Specification {
    /// OpenAPI 3.0.3 with sorted keys.
    pub document: Value,
    /// The result of each overlay action.
    pub applied: Vec<Applied>,
    /// Changes made by the select and lower stages.
    pub notes: Vec<Note>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Regenerated {
    /// The files to write.
    pub output: Output,
    /// Generated files that were edited since the last run.
    pub edited: Vec<&'static str>,
    /// The trimmed spec. `None` if the run started from `permissions.json`.
    pub specification: Option<Specification>,
}

/// Derives the trimmed spec from an upstream spec.
///
/// # Errors
///
/// Returns the error of the first stage that fails.
pub fn specify(
    upstream: &Value,
    selection: &Selection,
    overlay: &Overlay,
) -> Result<Specification> {
    let mut notes = Vec::new();
    let mut document = select::select(upstream, selection, &mut notes)?;
    lower::canonical(&mut document, &mut notes)?;
    let applied = overlay
        .apply(&mut document)
        .context("failed to apply openapi/overlay.yaml")?;
    let document = lower::lower(document, &mut notes)?;
    Ok(Specification {
        document,
        applied,
        notes,
    })
}

/// Generates all files from an upstream spec with its lock. Errors contain `name`.
///
/// # Errors
///
/// Returns the error of the first stage that fails.
pub fn from_upstream(
    layout: &Layout,
    upstream: &Document,
    name: &str,
    lock: &Lock,
) -> Result<Regenerated> {
    let selection = layout.read_selection()?;
    let overlay = layout.read_overlay()?;
    let specification = specify(&upstream.value, &selection, &overlay)
        .with_context(|| format!("failed to generate the client from {name}"))?;
    let permissions = render(&specification.document)?;
    let lock = Lock {
        inputs_sha256: layout.inputs_sha256()?,
        permissions_sha256: sha256(permissions.as_bytes()),
        ..lock.clone()
    };
    let mut regenerated = generate(layout, &specification.document, permissions, name, lock)?;
    regenerated.specification = Some(specification);
    Ok(regenerated)
}

/// Generates the client from `permissions.json`, without an upstream spec.
///
/// # Errors
///
/// Returns an error if `permissions.json` or the lock is missing, if `permissions.json` was edited, if
/// `select.toml` or `overlay.yaml` was edited after `permissions.json` was written, or if the
/// generator refuses `permissions.json`.
pub fn from_permissions(layout: &Layout) -> Result<Regenerated> {
    let text = required(&layout.permissions())?;
    let lock = layout.require_lock()?;
    if lock.permissions_sha256 != sha256(text.as_bytes()) {
        bail!(
            "{PERMISSIONS} was edited: it does not match its checksum in openapi/upstream.lock; move \
             the edit to openapi/overlay.yaml, run `cargo xtask fetch` and then `cargo xtask regen`"
        );
    }
    if lock.inputs_sha256 != layout.inputs_sha256()? {
        bail!(
            "{PERMISSIONS} is out of date: openapi/select.toml or openapi/overlay.yaml were edited; \
             run `cargo xtask fetch` and then `cargo xtask regen`, or `cargo xtask regen --from FILE`"
        );
    }
    let document = document::parse(text.as_bytes(), PERMISSIONS).map_err(|error| {
        error.with_remedy("run `cargo xtask fetch` and then `cargo xtask regen` to write it again")
    })?;
    let lock = Lock {
        generator: GENERATOR.to_owned(),
        ..lock
    };
    generate(layout, &document, text, PERMISSIONS, lock)
}

/// Returns the text of a trimmed spec: sorted keys, two spaces of indentation, a final newline.
///
/// # Errors
///
/// Returns an error if the value cannot be serialized, which is impossible for a parsed document.
pub fn render(document: &Value) -> Result<String> {
    let mut sorted = document.clone();
    sorted.sort_all_objects();
    Ok(serde_json::to_string_pretty(&sorted)? + "\n")
}

/// Returns the unified diffs of changes as one text.
pub fn diffs(changes: &[Change]) -> String {
    changes.iter().map(|change| change.diff.as_str()).collect()
}

fn generate(
    layout: &Layout,
    document: &Value,
    permissions: String,
    name: &str,
    mut lock: Lock,
) -> Result<Regenerated> {
    let code = crate::generate::generate(document)
        .with_context(|| format!("failed to generate the client from {name}"))?;
    let edited = edited(layout)?;
    lock.generated_sha256 = sha256(code.as_bytes());
    let mut output = Output::new(layout.root());
    output.file(layout.lock(), lock.render().map_err(anyhow::Error::msg)?);
    output.file(layout.permissions(), permissions);
    output.file(layout.generated(), code);
    Ok(Regenerated {
        output,
        edited,
        specification: None,
    })
}

/// Returns the generated files on disk that do not match their checksum in the lock.
fn edited(layout: &Layout) -> Result<Vec<&'static str>> {
    let Some(lock) = layout.read_lock()? else {
        return Ok(Vec::new());
    };
    let mut edited = Vec::new();
    for (name, checksum) in [
        (PERMISSIONS, lock.permissions_sha256),
        (GENERATED, lock.generated_sha256),
    ] {
        let text = read(&layout.root().join(name))?;
        if !checksum.is_empty() && text.is_some_and(|text| sha256(text.as_bytes()) != checksum) {
            edited.push(name);
        }
    }
    Ok(edited)
}
