//! The inputs of a report: the files of the workspace, and a git revision or file to compare with.

use std::{path::Path, process::Command};

use anyhow::{Context, Error, Result, bail};
use serde_json::Value;

use crate::{
    document, generate,
    layout::{GENERATED, LOCK, Layout, OVERLAY, PERMISSIONS, required},
    lock::Lock,
    output::read,
    surface,
};

/// One side of a comparison: the old or the new version of the files.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The trimmed spec.
    pub(super) permissions: Value,
    /// The pinned upstream spec, if it is known.
    pub(super) lock: Option<Lock>,
    /// The overlay, if it is known. The value is null if this version of the files has no overlay.
    pub(super) overlay: Option<Value>,
    /// The public items of the generated crate.
    pub(super) surface: Vec<String>,
}

impl State {
    /// Reads the files of the workspace.
    ///
    /// # Errors
    ///
    /// Returns an error if a file is missing or invalid.
    pub(super) fn on_disk(layout: &Layout) -> Result<Self> {
        Self::parse("the workspace", |path| {
            let file = layout.root().join(path);
            match path {
                PERMISSIONS | GENERATED => required(&file).map(Some),
                _ => read(&file),
            }
        })
    }

    /// Reads the base of the comparison: a `permissions.json` file if it exists, or else the files of a
    /// git revision.
    ///
    /// # Errors
    ///
    /// Returns an error if the revision or file does not exist, or if its content is invalid.
    pub(super) fn of_base(layout: &Layout, base: &str) -> Result<Self> {
        if !Path::new(base).is_file() {
            return Self::of_revision(layout.root(), base);
        }
        let permissions = document::read(Path::new(base))?.value;
        let code = generate::generate(&permissions)
            .with_context(|| format!("{base} is not a trimmed spec such as {PERMISSIONS}"))?;
        Ok(Self {
            permissions,
            lock: None,
            overlay: None,
            surface: surface::list(&code).map_err(Error::msg)?,
        })
    }

    fn of_revision(root: &Path, revision: &str) -> Result<Self> {
        let commit = format!("{revision}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
        let Some(commit) = git(root, &[&arguments[..], &[&commit]].concat())? else {
            bail!(
                "there is no file and no git revision {revision:?}; use a revision of `git log`, or \
                 fetch it first"
            );
        };
        Self::parse(&format!("revision {revision}"), |path| {
            let content = git(root, &["show", &format!("{}:{path}", commit.trim())])?;
            if path == PERMISSIONS && content.is_none() {
                bail!("revision {revision} has no {PERMISSIONS}; use a revision that has it");
            }
            Ok(content)
        })
    }

    /// Parses the contents of the files. If a file is invalid, the error mentions the version as
    /// `name`.
    fn parse(name: &str, content: impl Fn(&str) -> Result<Option<String>>) -> Result<Self> {
        let invalid = || format!("failed to read {name}");
        let document = |path: &str| match content(path)? {
            Some(text) => document::parse(text.as_bytes(), path).with_context(invalid),
            None => Ok(Value::Null),
        };
        let lock = content(LOCK)?.map(|text| Lock::parse(&text));
        let code = content(GENERATED)?.unwrap_or_default();
        Ok(Self {
            permissions: document(PERMISSIONS)?,
            lock: lock.transpose().map_err(Error::msg).with_context(invalid)?,
            overlay: Some(document(OVERLAY)?),
            surface: surface::list(&code)
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
        .context("failed to run git; install git, or compare with a file: --base FILE")?;
    if !output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8(output.stdout).context("the output of git is not UTF-8")?;
    Ok(Some(text))
}
