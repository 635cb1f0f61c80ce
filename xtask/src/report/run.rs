//! `cargo xtask report`: from two sides to text.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use super::base::{Base, State};
use super::surface::SurfaceDiff;
use super::{Report, markdown};
use crate::layout::Layout;
use crate::lock::Lock;
use crate::overlay::Applied;
use crate::problem::Note;
use crate::regen;

/// The notation of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: the body of a pull request.
    #[default]
    Markdown,
    /// For programs.
    Json,
}

/// The pins of both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pins {
    /// The old one, where it is known.
    pub from: Option<Lock>,
    /// The new one.
    pub to: Lock,
}

/// What the pipeline did on the way to the new document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pipeline {
    /// Each action of the overlay with the places it changed.
    pub overlay: Vec<Applied>,
    /// What was dropped or written another way.
    pub notes: Vec<Note>,
}

/// Reports on what is on disk, compared with `base`; with the `upstream` document, given with its
/// name, also on what the pipeline does to it.
///
/// # Errors
/// When one of the sides cannot be read, or what is on disk was not made from `upstream`.
pub fn run(
    root: &Path,
    base: &Base,
    upstream: Option<(String, &Value)>,
    format: Format,
) -> Result<String> {
    let layout = Layout::new(root);
    let old = base.read(root)?;
    let new = State::on_disk(&layout)?;
    let surface = SurfaceDiff::new(&old.surface, &new.surface);
    let mut report = Report::new(&old.permissions, &new.permissions, surface);
    report.pins = new.lock.map(|to| Pins { from: old.lock, to });
    if let Some((name, upstream)) = upstream {
        let (selection, overlay) = (layout.read_selection()?, layout.read_overlay()?);
        let made = regen::specify(upstream, &selection, &overlay)
            .with_context(|| format!("failed to make a client of {name}"))?;
        if made.document != new.permissions {
            bail!(
                "{} is not what {name} gives; run `cargo xtask regen --from {name}` first",
                layout.permissions().display()
            );
        }
        report.pipeline = Some(Pipeline {
            overlay: made.applied,
            notes: made.notes,
        });
    }
    Ok(match format {
        Format::Markdown => markdown::write(&report),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })
}
