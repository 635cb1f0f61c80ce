//! `cargo xtask regen`: from a document to everything that is made of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    document::{self, Document},
    fetch::Cache,
    generate,
    lock::{GENERATOR, Lock},
    lower,
    output::{self, Change, Output},
    overlay::{Applied, Overlay},
    problem::Note,
    select::{self, Selection},
};

/// Where the pipeline's files are, below the root of the workspace.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

/// The lowered document with what happened on the way to it.
#[derive(Clone, Debug)]
pub struct Specification {
    /// OpenAPI 3.0.3, keys sorted.
    pub document: Value,
    /// What each action of the overlay did.
    pub applied: Vec<Applied>,
    /// What selecting and lowering changed or dropped.
    pub notes: Vec<Note>,
}

/// Everything that one run makes.
#[derive(Debug)]
pub struct Regenerated {
    /// The files to write.
    pub output: Output,
    /// What happened on the way; absent where the run began at `permissions.json`.
    pub specification: Option<Specification>,
}

impl Layout {
    /// The workspace at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `openapi/select.toml`.
    pub fn select(&self) -> PathBuf {
        self.root.join("openapi/select.toml")
    }

    /// `openapi/overlay.yaml`.
    pub fn overlay(&self) -> PathBuf {
        self.root.join("openapi/overlay.yaml")
    }

    /// `openapi/upstream.lock`.
    pub fn lock(&self) -> PathBuf {
        self.root.join("openapi/upstream.lock")
    }

    /// `openapi/permissions.json`.
    pub fn permissions(&self) -> PathBuf {
        self.root.join("openapi/permissions.json")
    }

    /// The generated code.
    pub fn generated(&self) -> PathBuf {
        self.root.join("crates/permissions-api/src/generated.rs")
    }

    /// Where fetched documents are.
    pub fn cache(&self) -> Cache {
        Cache::new(self.root.join("target/upstream"))
    }

    /// The operations to keep.
    ///
    /// # Errors
    ///
    /// A file that is missing or not a selection.
    pub fn read_selection(&self) -> Result<Selection> {
        let path = self.select();
        Selection::parse(&required(&path)?)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("failed to read {}", path.display()))
    }

    /// The overlay.
    ///
    /// # Errors
    ///
    /// A file that is missing or not an overlay.
    pub fn read_overlay(&self) -> Result<Overlay> {
        let path = self.overlay();
        let document = document::read(&path)?;
        Overlay::new(document.value).with_context(|| format!("failed to read {}", path.display()))
    }

    /// SHA-256 over what the files that a person edits mean; comments and layout do not count.
    ///
    /// # Errors
    ///
    /// A file that is missing, not a selection or not an overlay.
    pub fn declarations(&self) -> Result<String> {
        self.read_selection()?;
        self.read_overlay()?;
        let select: toml::Table = toml::from_str(&required(&self.select())?)?;
        let overlay = document::read(&self.overlay())?.value;
        let both = serde_json::json!({"select": select, "overlay": overlay});
        Ok(document::sha256(render(&both)?.as_bytes()))
    }

    /// The pin, if there is one yet.
    ///
    /// # Errors
    ///
    /// A file that is not a pin.
    pub fn read_lock(&self) -> Result<Option<Lock>> {
        let path = self.lock();
        let parse = |text: String| Lock::parse(&text).map_err(anyhow::Error::msg);
        output::read(&path)?
            .map(parse)
            .transpose()
            .with_context(|| format!("failed to read {}", path.display()))
    }
}

/// Selects, overlays and lowers an upstream document.
///
/// # Errors
///
/// Whatever stops one of the stages.
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

/// Makes everything from a document, with the pin that it shall have.
///
/// # Errors
///
/// Whatever stops one of the stages; nothing is written.
pub fn from_upstream(
    layout: &Layout,
    upstream: &Document,
    name: &str,
    lock: &Lock,
) -> Result<Regenerated> {
    let selection = layout.read_selection()?;
    let overlay = layout.read_overlay()?;
    let specification = specify(&upstream.value, &selection, &overlay)
        .with_context(|| format!("failed to make a client of {name}"))?;
    let lock = Lock {
        declarations: layout.declarations()?,
        ..lock.clone()
    };
    let mut output = Output::default();
    output.file(layout.lock(), lock.render().map_err(anyhow::Error::msg)?);
    output.file(layout.permissions(), render(&specification.document)?);
    add_generated(layout, &specification.document, name, &mut output)?;
    Ok(Regenerated {
        output,
        specification: Some(specification),
    })
}

/// Makes the generated code from `permissions.json` as it is.
///
/// # Errors
///
/// A file that is missing, was edited by hand into another form, was made before an edit of the
/// selection or the overlay, or cannot be generated from.
pub fn from_permissions(layout: &Layout) -> Result<Regenerated> {
    let path = layout.permissions();
    let text = required(&path)?;
    let document = document::parse(text.as_bytes(), &path.display().to_string()).map_err(|error| {
        error.with_remedy(
            "it is generated: restore it from git, or write it anew by `cargo xtask regen --from FILE`",
        )
    })?;
    if text != render(&document)? {
        bail!(
            "{} is not as it was written: it was edited, and edits belong into openapi/overlay.yaml; \
             restore it from git, or write it anew by `cargo xtask regen --from FILE`",
            path.display()
        );
    }
    let mut output = Output::default();
    if let Some(lock) = layout.read_lock()? {
        if lock.declarations != layout.declarations()? {
            bail!(
                "{} is not made with what select.toml and overlay.yaml say now; start at the upstream document: \
                 `cargo xtask regen --from FILE`, or `cargo xtask fetch` and then `cargo xtask regen`",
                path.display()
            );
        }
        let lock = Lock {
            generator: GENERATOR.to_owned(),
            ..lock
        };
        output.file(layout.lock(), lock.render().map_err(anyhow::Error::msg)?);
    }
    let name = path.display().to_string();
    add_generated(layout, &document, &name, &mut output)?;
    Ok(Regenerated {
        output,
        specification: None,
    })
}

/// The text of a document: sorted keys, two spaces, a final line break.
///
/// # Errors
///
/// None for a value that came from a document.
pub fn render(document: &Value) -> Result<String> {
    let mut sorted = document.clone();
    sorted.sort_all_objects();
    Ok(serde_json::to_string_pretty(&sorted)? + "\n")
}

/// What to say of changes that a check found.
pub fn stale(root: &Path, changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        if change.diff.is_empty() {
            let name = change.path.strip_prefix(root).unwrap_or(&change.path);
            text.push_str(&format!("{} is a leftover\n", name.display()));
        }
        text.push_str(&change.diff);
    }
    text
}

fn add_generated(layout: &Layout, document: &Value, name: &str, output: &mut Output) -> Result<()> {
    let code = generate::generate(document)
        .with_context(|| format!("failed to make a client of {name}"))?;
    output.file(layout.generated(), code);
    Ok(())
}

fn required(path: &Path) -> Result<String> {
    output::read(path)?.with_context(|| {
        format!(
            "failed to read {}: there is no such file; restore it from git",
            path.display()
        )
    })
}
