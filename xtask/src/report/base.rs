//! The inputs of a report: the files of the workspace, and a git revision or file to compare with.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Error, Result, bail};
use serde_json::Value;

use crate::{
    document, generate,
    layout::{GENERATED, LOCK, Layout, OVERLAY, PERMISSIONS, required},
    lock::Lock,
    output::read,
    surface,
};

/// The base of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A git revision.
    Revision(String),
    /// A `permissions.json` file.
    File(PathBuf),
}

/// An old or new version of the files.
#[derive(Clone, Debug)]
pub struct State {
    /// The trimmed spec.
    pub permissions: Value,
    /// The pinned upstream spec, if it is known.
    pub lock: Option<Lock>,
    /// The overlay, if it is known. Null if there is none.
    pub overlay: Option<Value>,
    /// The public items of the generated crate.
    pub surface: Vec<String>,
}

impl Base {
    /// Interprets the argument as a file if the file exists, and otherwise as a git revision.
    pub fn new(argument: &str) -> Self {
        if Path::new(argument).is_file() {
            Self::File(argument.into())
        } else {
            Self::Revision(argument.to_owned())
        }
    }

    /// Reads the base of the comparison.
    ///
    /// # Errors
    ///
    /// Returns an error if the revision or file does not exist, or if its content is invalid.
    pub fn read(&self, layout: &Layout) -> Result<State> {
        match self {
            Self::Revision(revision) => State::of_revision(layout.root(), revision),
            Self::File(path) => {
                let permissions = document::read(path)?.value;
                let code = generate::generate(&permissions)
                    .with_context(|| format!("{} is not an {PERMISSIONS}", path.display()))?;
                Ok(State {
                    permissions,
                    lock: None,
                    overlay: None,
                    surface: surface::list(&code).map_err(Error::msg)?,
                })
            }
        }
    }
}

impl State {
    /// Reads the files of the workspace.
    ///
    /// # Errors
    ///
    /// Returns an error if a file is missing or invalid.
    pub fn on_disk(layout: &Layout) -> Result<Self> {
        let text = |path: &str| read(&layout.root().join(path));
        let code = required(&layout.generated())?;
        Self::parse(
            "the workspace",
            &required(&layout.permissions())?,
            (text(LOCK)?, text(OVERLAY)?),
            &code,
        )
    }

    fn of_revision(root: &Path, revision: &str) -> Result<Self> {
        let commit = format!("{revision}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let Some(commit) = git(root, &arguments)? else {
            bail!(
                "there is no file and no git revision {revision:?}; use a revision of `git log`, or \
                 fetch it first"
            );
        };
        let commit = commit.trim();
        let show = |path: &str| git(root, &["show", &format!("{commit}:{path}")]);
        let Some(permissions) = show(PERMISSIONS)? else {
            bail!("revision {revision} has no {PERMISSIONS}; use a revision that has it");
        };
        let code = show(GENERATED)?.unwrap_or_default();
        let rest = (show(LOCK)?, show(OVERLAY)?);
        Self::parse(&format!("revision {revision}"), &permissions, rest, &code)
    }

    /// Parses the contents of the files. Errors contain `name`.
    fn parse(
        name: &str,
        permissions: &str,
        (lock, overlay): (Option<String>, Option<String>),
        code: &str,
    ) -> Result<Self> {
        let parse = |text: &str, path: &str| document::parse(text.as_bytes(), path);
        let invalid = || format!("failed to read {name}");
        Ok(Self {
            permissions: parse(permissions, PERMISSIONS).with_context(invalid)?,
            lock: lock
                .map(|text| Lock::parse(&text).map_err(Error::msg))
                .transpose()
                .with_context(invalid)?,
            overlay: Some(match overlay {
                Some(text) => parse(&text, OVERLAY).with_context(invalid)?,
                None => Value::Null,
            }),
            surface: surface::list(code)
                .map_err(Error::msg)
                .with_context(invalid)?,
        })
    }
}

/// Runs git and returns its output, or `None` if the requested object does not exist.
fn git(root: &Path, arguments: &[&str]) -> Result<Option<String>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .context("failed to run git; install it, or use a file with --base FILE")?;
    if !output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8(output.stdout).context("the output of git is not UTF-8")?;
    Ok(Some(text))
}
