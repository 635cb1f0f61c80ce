//! Manifests: TOML files with the desired permissions, which people keep in git.

mod comments;
mod parse;
mod schema;
mod update;
mod variables;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use permissions_ext::CheckpointId;
use permissions_ext::sync::DesiredState;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::file;
use crate::names::Names;
use crate::problem::Problem;

pub(crate) use comments::Labels;
pub(crate) use schema::schema;

/// The manifest of commands without a `--file`.
pub(crate) const DEFAULT_FILE: &str = "permissions.toml";

/// One or several valid manifests.
pub(crate) struct Manifest {
    files: Vec<File>,
    warnings: Vec<Problem>,
}

struct File {
    path: PathBuf,
    text: String,
    entries: Vec<parse::Entry>,
}

impl Manifest {
    /// Reads files and folders of manifests, or `permissions.toml` if there are no paths.
    ///
    /// `option` is the option that contains the paths, for error messages. Unusual ids are errors if `strict` is set.
    pub(crate) fn read(
        paths: &[PathBuf],
        option: &'static str,
        strict: bool,
    ) -> Result<Self, Failure> {
        let default = [PathBuf::from(DEFAULT_FILE)];
        let paths = if paths.is_empty() { &default } else { paths };
        let (mut files, mut errors, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for path in expand_folders(paths, option)? {
            let text = file::read(&path, file::MAX_BYTES);
            let text = text.map_err(|error| unreadable(&path, &error, option))?;
            let parsed = parse::parse(&path, &text, &variables::environment);
            errors.extend(parsed.errors);
            if strict {
                errors.extend(parsed.warnings);
            } else {
                warnings.extend(parsed.warnings);
            }
            files.push(File {
                entries: parsed.entries,
                path,
                text,
            });
        }
        errors.extend(duplicates(&files));
        if errors.is_empty() {
            return Ok(Self { files, warnings });
        }
        let count = match errors.len() {
            1 => "1 error".to_owned(),
            count => format!("{count} errors"),
        };
        Err(Failure::usage(format!("{count} in the manifest")).problems(errors))
    }

    /// Warnings about unusual ids. Empty if unusual ids are errors.
    pub(crate) fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The desired state of the manifests, limited to the checkpoints that the filter selects.
    pub(crate) fn desired(&self, filter: impl Fn(&CheckpointId) -> bool) -> DesiredState {
        self.entries()
            .filter(|entry| filter(&entry.checkpoint))
            .map(|entry| (entry.checkpoint.clone(), entry.projects().cloned()))
            .collect()
    }

    /// The checkpoints in the order of the files.
    pub(crate) fn checkpoints(&self) -> impl Iterator<Item = &CheckpointId> {
        self.entries().map(|entry| &entry.checkpoint)
    }

    /// The checkpoints as text.
    pub(crate) fn checkpoint_ids(&self) -> Vec<String> {
        self.checkpoints().map(ToString::to_string).collect()
    }

    /// The projects of all checkpoints as text.
    pub(crate) fn project_ids(&self) -> Vec<String> {
        self.entries()
            .flat_map(parse::Entry::projects)
            .map(ToString::to_string)
            .collect()
    }

    /// The comments of checkpoints and projects, which the audit page shows as labels.
    pub(crate) fn labels(&self) -> Labels {
        let mut labels = Labels::default();
        for file in &self.files {
            comments::add_labels(&mut labels, &file.text, &file.entries);
        }
        labels
    }

    /// Returns one problem for each archived or unknown project of the selected checkpoints, with the position where
    /// the project first occurs.
    pub(crate) fn project_problems(
        &self,
        names: &Names,
        filter: impl Fn(&CheckpointId) -> bool,
    ) -> Vec<Problem> {
        let (mut problems, mut seen) = (Vec::new(), HashSet::new());
        for file in &self.files {
            let entries = file.entries.iter();
            let selected = entries.filter(|entry| filter(&entry.checkpoint));
            for item in selected.flat_map(|entry| &entry.items) {
                if let Some(message) = names.problem(&item.id).filter(|_| seen.insert(&item.id)) {
                    let span = item.span.clone();
                    problems.push(Problem::new(&file.path, &file.text, span, message));
                }
            }
        }
        problems
    }

    /// Each file with its number of checkpoints and permissions.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, usize, usize)> {
        self.files.iter().map(|file| {
            let permissions = file
                .entries
                .iter()
                .map(|entry| entry.projects().count())
                .sum();
            (file.path.as_path(), file.entries.len(), permissions)
        })
    }

    /// The names of the files, for messages.
    pub(crate) fn names(&self) -> String {
        let names = self
            .files
            .iter()
            .map(|file| file.path.display().to_string());
        names.collect::<Vec<_>>().join(", ")
    }

    /// The digest of the desired state. It does not depend on comments, order and layout.
    pub(crate) fn digest(&self) -> String {
        let canonical = serde_json::json!(self.desired(|_| true)).to_string();
        let digest = Sha256::digest(canonical.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    /// Returns the changed files with the live permissions instead of the desired ones. Comments, order and variables
    /// stay. New checkpoints are added to the first file.
    pub(crate) fn updated(
        &self,
        live: &DesiredState,
        names: &Names,
    ) -> Result<Vec<(&Path, String)>, Failure> {
        let known: Vec<&CheckpointId> = self.checkpoints().collect();
        let live_ids = live.iter().map(|(id, _)| id);
        let new: Vec<&CheckpointId> = live_ids.filter(|id| !known.contains(id)).collect();
        let mut updated = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            let new = if at == 0 { new.as_slice() } else { &[] };
            let mut text =
                update::update(&file.text, &file.entries, live, new, names).map_err(|reason| {
                    Failure::failed_to(&format!("update {}", file.path.display()), reason)
                })?;
            // toml_edit writes every line break as \n.
            if file.text.contains("\r\n") {
                text = text.replace('\n', "\r\n");
            }
            if text != file.text {
                updated.push((file.path.as_path(), text));
            }
        }
        Ok(updated)
    }

    fn entries(&self) -> impl Iterator<Item = &parse::Entry> {
        self.files.iter().flat_map(|file| &file.entries)
    }
}

/// Writes a manifest of the live permissions.
pub(crate) fn write(live: &DesiredState, names: &Names) -> Result<String, Failure> {
    let new: Vec<&CheckpointId> = live.iter().map(|(id, _)| id).collect();
    update::update("", &[], live, &new, names)
        .map_err(|reason| Failure::failed_to("write the manifest", reason))
}

/// Replaces folders by their `.toml` files in the order of their names.
fn expand_folders(paths: &[PathBuf], option: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error, option))? {
            let file = entry
                .map_err(|error| unreadable(path, &error, option))?
                .path();
            if is_manifest(&file) && !file.is_dir() {
                found.push(file);
            }
        }
        if found.is_empty() {
            let path = path.display();
            let message = format!("the folder {path} of {option} contains no .toml file");
            return Err(Failure::usage(message));
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

/// Whether a file of a folder is a manifest. Hidden files and lock files of editors (`.#x.toml`, `._x.toml`) are not.
fn is_manifest(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    name.ends_with(".toml") && !name.starts_with(['.', '#'])
}

fn unreadable(path: &Path, error: &std::io::Error, option: &str) -> Failure {
    let message = format!("failed to read the manifest {}: {error}", path.display());
    let failure = Failure::usage(message);
    if error.kind() != std::io::ErrorKind::NotFound {
        return failure;
    }
    if option == "--file" {
        failure.remedy(
            "name another manifest with --file, or write one of the live permissions: \
             permissions export CHECKPOINT... --out permissions.toml",
        )
    } else {
        failure.remedy(format!("check the path after {option}"))
    }
}

/// A checkpoint in two files is an error, because the files may disagree.
fn duplicates(files: &[File]) -> Vec<Problem> {
    let mut first: BTreeMap<&CheckpointId, &File> = BTreeMap::new();
    let mut problems = Vec::new();
    for file in files {
        for entry in &file.entries {
            let id = &entry.checkpoint;
            if let Some(other) = first.insert(id, file) {
                let message = format!("the checkpoint {id} is already in {}", other.path.display());
                let span = entry.span.clone();
                problems.push(Problem::new(&file.path, &file.text, span, message));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests;
