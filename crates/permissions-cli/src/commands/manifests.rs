//! The options for manifests.

use std::path::PathBuf;

use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::Manifest;

/// Options for manifests.
#[derive(Debug, clap::Args)]
pub(crate) struct Manifests {
    /// Manifest or folder of manifests; may be repeated [default: permissions.toml]
    #[arg(short, long, value_name = "PATH")]
    file: Vec<PathBuf>,

    /// Treat unusual ids that `export` wrote as errors, not as warnings
    #[arg(long)]
    strict: bool,
}

impl Manifests {
    /// Reads the manifests and prints their warnings.
    pub(super) fn read(&self, context: &Context) -> Result<Manifest, Failure> {
        read(&self.file, "--file", self.strict, context)
    }

    /// Whether `--file` is set.
    pub(super) fn is_set(&self) -> bool {
        !self.file.is_empty()
    }
}

/// Reads the manifests of an option and prints their warnings.
pub(super) fn read(
    paths: &[PathBuf],
    option: &'static str,
    strict: bool,
    context: &Context,
) -> Result<Manifest, Failure> {
    let manifest = Manifest::read(paths, option, strict)?;
    for warning in manifest.warnings() {
        context.warn(&warning.line());
    }
    Ok(manifest)
}
