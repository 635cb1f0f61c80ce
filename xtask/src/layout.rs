//! Paths of the pipeline's files in a workspace, and parsing of the hand-written files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::{document, lock::Lock, output::read, overlay::Overlay, select::Selection};

pub(crate) const LOCK: &str = "openapi/upstream.lock";
pub(crate) const PERMISSIONS: &str = "openapi/permissions.json";
pub(crate) const GENERATED: &str = "crates/permissions-api/src/generated.rs";
pub(crate) const OVERLAY: &str = "openapi/overlay.yaml";
const SELECT: &str = "openapi/select.toml";

/// A workspace with the files of the pipeline.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Returns the layout of the workspace at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the layout of the workspace that contains `folder`.
    ///
    /// # Errors
    ///
    /// Returns an error if neither `folder` nor a folder above it has a `Cargo.toml` with
    /// `[workspace]`.
    pub fn containing(folder: &Path) -> Result<Self> {
        for root in folder.ancestors() {
            let manifest = read(&root.join("Cargo.toml"))?.unwrap_or_default();
            if manifest.lines().any(|line| line.trim() == "[workspace]") {
                return Ok(Self::new(root));
            }
        }
        bail!(
            "failed to find a workspace at or above {}; run the command in a checkout of the repository, or pass --workspace DIR",
            folder.display()
        )
    }

    /// Returns the root folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of `openapi/select.toml`.
    pub fn select(&self) -> PathBuf {
        self.root.join(SELECT)
    }

    /// Returns the path of `openapi/overlay.yaml`.
    pub fn overlay(&self) -> PathBuf {
        self.root.join(OVERLAY)
    }

    /// Returns the path of `openapi/upstream.lock`.
    pub fn lock(&self) -> PathBuf {
        self.root.join(LOCK)
    }

    /// Returns the path of `openapi/permissions.json`.
    pub fn permissions(&self) -> PathBuf {
        self.root.join(PERMISSIONS)
    }

    /// Returns the path of the generated client.
    pub fn generated(&self) -> PathBuf {
        self.root.join(GENERATED)
    }

    /// Returns the path at which `fetch` stores the upstream file of a lock.
    pub fn upstream(&self, lock: &Lock) -> PathBuf {
        let start = lock.sha256.get(..16).unwrap_or(&lock.sha256);
        let name = format!("{start}-{}", lock.file_name());
        self.root.join("target/upstream").join(name)
    }

    /// Reads `select.toml`.
    ///
    /// # Errors
    ///
    /// Returns an error with the line if the file is missing or invalid.
    pub fn read_selection(&self) -> Result<Selection> {
        let path = self.select();
        Selection::parse(&required(&path)?)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("failed to read {}", path.display()))
    }

    /// Reads `overlay.yaml`. A missing file is an overlay without actions.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not an overlay.
    pub fn read_overlay(&self) -> Result<Overlay> {
        let path = self.overlay();
        if read(&path)?.is_none() {
            return Ok(Overlay::default());
        }
        let document = document::read(&path)?;
        Overlay::new(document.value).with_context(|| format!("failed to read {}", path.display()))
    }

    /// Returns the SHA-256 of the values of `select.toml` and `overlay.yaml`.
    ///
    /// # Errors
    ///
    /// Returns an error if `select.toml` is missing or one of the files is invalid.
    pub fn inputs_sha256(&self) -> Result<String> {
        self.read_selection()?;
        let overlay = match self.read_overlay()?.is_empty() {
            true => json!(null),
            false => document::read(&self.overlay())?.value,
        };
        let select: toml::Table = toml::from_str(&required(&self.select())?)?;
        let mut inputs = json!({"select": select, "overlay": overlay});
        inputs.sort_all_objects();
        Ok(document::sha256(inputs.to_string().as_bytes()))
    }

    /// Reads `upstream.lock`, if it exists.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is invalid.
    pub fn read_lock(&self) -> Result<Option<Lock>> {
        let path = self.lock();
        read(&path)?
            .map(|text| Lock::parse(&text).map_err(anyhow::Error::msg))
            .transpose()
            .with_context(|| format!("failed to read {}", path.display()))
    }

    /// Reads `upstream.lock`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is missing or invalid.
    pub(crate) fn require_lock(&self) -> Result<Lock> {
        self.read_lock()?.with_context(|| {
            format!(
                "failed to read {}: the file does not exist; restore it from git, or create it with \
                 `cargo xtask fetch --from FILE`",
                self.lock().display()
            )
        })
    }
}

/// Reads a file that must exist.
pub(crate) fn required(path: &Path) -> Result<String> {
    read(path)?.with_context(|| {
        format!(
            "failed to read {}: the file does not exist; restore it from git",
            path.display()
        )
    })
}
