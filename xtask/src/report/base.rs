//! The two sides of a report: what is on disk, and what a revision or a file holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::document;
use crate::generate;
use crate::layout::{GENERATED, LOCK, Layout, PERMISSIONS};
use crate::lock::Lock;
use crate::surface;

/// What to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A revision of git.
    Revision(String),
    /// A `permissions.json`.
    File(PathBuf),
}

/// One side of a report.
#[derive(Clone, Debug)]
pub struct State {
    /// The lowered document.
    pub permissions: Value,
    /// The pin of the upstream document, where it is known.
    pub lock: Option<Lock>,
    /// The public items of the generated crate.
    pub surface: Vec<String>,
}

impl Base {
    /// An existing file is meant as one; all else is a revision.
    pub fn new(argument: &str) -> Self {
        if Path::new(argument).is_file() {
            Self::File(argument.into())
        } else {
            Self::Revision(argument.to_owned())
        }
    }

    /// Reads this side.
    ///
    /// # Errors
    /// When the revision or the file does not exist or does not hold what it should.
    pub fn read(&self, root: &Path) -> Result<State> {
        match self {
            Self::File(path) => {
                let permissions = document::read(path)?.value;
                let code = generate::generate(&permissions).with_context(|| {
                    format!(
                        "failed to generate from {}, which must be an {PERMISSIONS}",
                        path.display()
                    )
                })?;
                let surface = list(&code)?;
                Ok(State {
                    permissions,
                    lock: None,
                    surface,
                })
            }
            Self::Revision(revision) => of_revision(root, revision),
        }
    }
}

impl State {
    /// What is on disk.
    ///
    /// # Errors
    /// When a file is missing or does not hold what it should.
    pub fn on_disk(layout: &Layout) -> Result<Self> {
        let permissions = document::read(&layout.permissions())?.value;
        let path = layout.generated();
        let code = std::fs::read_to_string(&path).with_context(|| {
            format!("failed to read {}; run `cargo xtask regen`", path.display())
        })?;
        let surface = list(&code)?;
        Ok(Self {
            permissions,
            lock: layout.read_lock()?,
            surface,
        })
    }
}

fn of_revision(root: &Path, revision: &str) -> Result<State> {
    let commit = format!("{revision}^{{commit}}");
    let Some(commit) = git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ],
    )?
    else {
        bail!(
            "there is no file and no revision {revision:?}; name one of `git log`, or fetch it first"
        );
    };
    let commit = commit.trim();
    let show = |path: &str| git(root, &["show", &format!("{commit}:{path}")]);
    let Some(text) = show(PERMISSIONS)? else {
        bail!("revision {revision} has no {PERMISSIONS}; name one that has");
    };
    let permissions = document::parse(text.as_bytes(), &format!("{revision}:{PERMISSIONS}"))?;
    let lock = show(LOCK)?
        .map(|text| Lock::parse(&text).map_err(anyhow::Error::msg))
        .transpose()
        .with_context(|| format!("failed to read {revision}:{LOCK}"))?;
    let surface = list(&show(GENERATED)?.unwrap_or_default())?;
    Ok(State {
        permissions,
        lock,
        surface,
    })
}

/// What git writes, or nothing where it fails for want of what was asked.
fn git(root: &Path, arguments: &[&str]) -> Result<Option<String>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .context(
            "failed to run git, which reads the base of the report; install it or give --base FILE",
        )?;
    if !output.status.success() {
        return Ok(None);
    }
    let text =
        String::from_utf8(output.stdout).context("failed to read what git wrote as UTF-8")?;
    Ok(Some(text))
}

fn list(code: &str) -> Result<Vec<String>> {
    surface::list(code).map_err(anyhow::Error::msg)
}
