//! `cargo xtask report`: the changes between two versions of `permissions.json`, and the version bump
//! that they require.
//!
//! The verdict is the highest [`Grade`] of all changes. Each change is graded for two readers:
//!
//! - **A deployed client** of the old spec calls a server of the new spec. The server must not refuse
//!   requests that it accepted, and must not send values that the client cannot decode.
//! - **Code** that was written for the old client is compiled with the new client. Generated structs
//!   are `#[non_exhaustive]`, so a new field is minor. Enums are exhaustive, so a new variant is major.
//!   Builders take parameters by name, so a new optional parameter is minor.
//!
//! A change that no rule covers is major. The [`SurfaceDiff`] of the generated code is a second check:
//! a removed or changed public item is major in any case.
//!
//! ```
//! use serde_json::json;
//! use xtask::report::{Grade, Report, SurfaceDiff};
//!
//! let permission = |properties| json!({
//!     "openapi": "3.0.3",
//!     "components": {"schemas": {"Permission": {"type": "object", "properties": properties}}}
//! });
//! let old = permission(json!({"id": {"type": "string"}}));
//! let new = permission(json!({"id": {"type": "integer"}}));
//!
//! let report = Report::new(&old, &new, SurfaceDiff::default());
//! assert_eq!(report.verdict, Some(Grade::Major));
//! assert_eq!(report.changes[0].location, "Permission.id");
//! ```

mod base;
mod comparison;
mod components;
mod markdown;
mod operations;
mod rules;
mod schema;
mod surface;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

pub use operations::Operations;
pub use rules::{Change, Direction, Grade};
pub use surface::SurfaceDiff;

use self::{
    base::State,
    comparison::{Comparison, Pair, Place},
};
use crate::{
    layout::Layout, lock::Lock, names, overlay::Applied, problem::Note, regen, tree::Kind,
};

/// The format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Markdown for the text of a pull request.
    #[default]
    Markdown,
    /// JSON for programs.
    Json,
}

/// The differences between two trimmed specs.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The required version bump. `None` if nothing changed.
    pub verdict: Option<Grade>,
    /// The pinned upstream specs, if they are known.
    pub pins: Option<Pins>,
    /// The operations that were added, removed or changed.
    pub operations: Operations,
    /// All changes, the highest grade first.
    pub changes: Vec<Change>,
    /// The changes in the public items of the generated crate.
    pub surface: SurfaceDiff,
    /// Overlay actions and notes, if the upstream spec is available.
    pub pipeline: Option<Pipeline>,
}

/// The pinned upstream specs of both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pins {
    /// The old pin, if it is known.
    pub from: Option<Lock>,
    /// The new pin.
    pub to: Lock,
}

/// Changes that the pipeline made to the new upstream spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pipeline {
    /// The result of each overlay action.
    pub overlay: Vec<Applied>,
    /// Whether the overlay or the trimmed spec changed.
    pub overlay_changed: bool,
    /// Changes made by the select and lower stages.
    pub notes: Vec<Note>,
}

impl Report {
    /// Compares two trimmed specs.
    pub fn new(old: &Value, new: &Value, mut surface: SurfaceDiff) -> Self {
        let documents = Pair::of(old, new);
        let mut comparison = Comparison {
            documents,
            renamed: BTreeMap::new(),
            renamed_operations: BTreeMap::new(),
            changes: Vec::new(),
        };
        let root = Place::new(None, "document");
        values::compare(&mut comparison, Kind::Document, &root, documents);
        components::compare(&mut comparison);
        let operations = operations::compare(&mut comparison);
        surface.fold(&renamed_items(&comparison));
        let mut changes = comparison.changes;
        changes.sort_by(|one, other| other.grade.cmp(&one.grade).then_with(|| one.cmp(other)));
        changes.dedup();
        let highest = changes.first().map(|change| change.grade);
        Self {
            verdict: highest.max(surface.grade()),
            pins: None,
            operations,
            changes,
            surface,
            pipeline: None,
        }
    }
}

/// Compares the files of a workspace with `base`, a `permissions.json` file or a git revision.
/// `upstream` is the upstream spec with its name.
///
/// # Errors
///
/// Returns an error if one of the sides cannot be read, or if the files of the workspace were not
/// generated from `upstream`.
pub fn run(
    layout: &Layout,
    base: &str,
    upstream: Option<(String, &Value)>,
    format: Format,
) -> Result<String> {
    let old = State::of_base(layout, base)?;
    let new = State::on_disk(layout)?;
    let surface = SurfaceDiff::new(&old.surface, &new.surface);
    let mut report = Report::new(&old.permissions, &new.permissions, surface);
    report.pins = new.lock.map(|to| Pins { from: old.lock, to });
    if let Some((name, upstream)) = upstream {
        let (selection, overlay) = (layout.read_selection()?, layout.read_overlay()?);
        let specification = regen::specify(upstream, &selection, &overlay)
            .with_context(|| format!("failed to generate the client from {name}"))?;
        if specification.document != new.permissions {
            bail!(
                "{} was not generated from {name}; run `cargo xtask regen --from {name}` first",
                layout.permissions().display()
            );
        }
        report.pipeline = Some(Pipeline {
            overlay: specification.applied,
            overlay_changed: match old.overlay {
                Some(overlay) => Some(overlay) != new.overlay,
                None => report.verdict.is_some(),
            },
            notes: specification.notes,
        });
    }
    Ok(match format {
        Format::Markdown => markdown::write(&report),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })
}

/// Returns a map from the old to the new Rust names of renamed schemas and operations.
fn renamed_items(comparison: &Comparison<'_>) -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    for (old, new) in &comparison.renamed {
        items.insert(names::pascal(old), names::pascal(new));
    }
    for (old, new) in &comparison.renamed_operations {
        items.insert(names::pascal(old), names::pascal(new));
        items.insert(names::snake(old), names::snake(new));
    }
    items
}
