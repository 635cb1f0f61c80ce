//! Access as code: who shall have access to what, in TOML files that people keep in git.

mod parse;
mod problem;
mod schema;
mod update;
mod variables;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use permissions_ext::{CheckpointId, Desired, ProjectId};

pub(crate) use self::problem::Problem;
pub(crate) use self::schema::schema;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

/// The file that is meant where none is named.
pub(crate) const DEFAULT_FILE: &str = "permissions.toml";

/// One or several manifests that were read and checked. No network is needed for that.
pub(crate) struct Manifest {
    files: Vec<File>,
}

/// One file of it.
struct File {
    path: PathBuf,
    text: String,
    entries: Vec<parse::Entry>,
}

impl Manifest {
    /// Reads manifests, each a file or a folder of them; `permissions.toml` where none is named.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let default = [PathBuf::from(DEFAULT_FILE)];
        let paths = if paths.is_empty() { &default } else { paths };
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for path in manifests(paths)? {
            let text = file::read(&path, file::MOST).map_err(|error| unreadable(&path, &error))?;
            match parse::parse(&text, &variables::environment) {
                Ok(entries) => files.push(File {
                    path,
                    text,
                    entries,
                }),
                Err(mistakes) => {
                    let place = |mistake| Problem::new(&path, &text, mistake);
                    problems.extend(mistakes.into_iter().map(place));
                }
            }
        }
        problems.extend(named_twice(&files));
        if problems.is_empty() {
            return Ok(Self { files });
        }
        let mistakes = if problems.len() == 1 {
            "there is a mistake".to_owned()
        } else {
            format!("there are {} mistakes", problems.len())
        };
        Err(Failure::new(Exit::Usage, format!("{mistakes} in the manifest")).details(problems))
    }

    /// What is wanted.
    pub(crate) fn desired(&self) -> Desired {
        self.entries()
            .map(|entry| {
                let projects = entry.projects.iter().map(|project| project.id.clone());
                (entry.checkpoint.clone(), projects)
            })
            .collect()
    }

    /// The checkpoints it speaks of, in its own order.
    pub(crate) fn checkpoints(&self) -> impl Iterator<Item = &CheckpointId> {
        self.entries().map(|entry| &entry.checkpoint)
    }

    /// Each file with how many checkpoints and permissions it wants.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, usize, usize)> {
        self.files.iter().map(|file| {
            let permissions = file.entries.iter().map(|entry| entry.projects.len()).sum();
            (file.path.as_path(), file.entries.len(), permissions)
        })
    }

    /// The texts of its files with `live` in place of what they want: comments, order and
    /// variables stay. Checkpoints that no file speaks of go to the end of the first one.
    pub(crate) fn updated(
        &self,
        live: &BTreeMap<CheckpointId, Vec<ProjectId>>,
    ) -> Result<Vec<(&Path, String)>, Failure> {
        let known: Vec<&CheckpointId> = self.checkpoints().collect();
        let new: Vec<&CheckpointId> = live.keys().filter(|id| !known.contains(id)).collect();
        let mut updated = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            let new = if at == 0 { new.as_slice() } else { &[] };
            let text = update::update(&file.text, &file.entries, live, new).map_err(|reason| {
                let path = file.path.display();
                Failure::new(Exit::Failure, format!("failed to update {path}: {reason}"))
            })?;
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

/// A manifest of what is live.
pub(crate) fn written(live: &BTreeMap<CheckpointId, Vec<ProjectId>>) -> Result<String, Failure> {
    let new: Vec<&CheckpointId> = live.keys().collect();
    update::update("", &[], live, &new)
        .map_err(|reason| Failure::new(Exit::Failure, format!("failed to write it: {reason}")))
}

/// The files that are meant, folders opened, in a stable order.
fn manifests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
            let file = entry.map_err(|error| unreadable(path, &error))?.path();
            if file
                .extension()
                .is_some_and(|extension| extension == "toml")
                && !file.is_dir()
            {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            let message = format!("the folder {} holds no .toml file", path.display());
            return Err(Failure::new(Exit::Usage, message));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::new(
        Exit::Usage,
        format!("failed to read the manifest {}: {error}", path.display()),
    );
    if error.kind() == std::io::ErrorKind::NotFound {
        return failure.remedy(
            "name it with --file, or write one from what is live: \
             permissions export CHECKPOINT... --out permissions.toml",
        );
    }
    failure
}

/// A checkpoint has one place: two files that want something else of it cannot both be right.
fn named_twice(files: &[File]) -> Vec<Problem> {
    let mut first: BTreeMap<&CheckpointId, &File> = BTreeMap::new();
    let mut problems = Vec::new();
    for file in files {
        for entry in &file.entries {
            match first.get(&entry.checkpoint) {
                Some(other) => problems.push(Problem::new(
                    &file.path,
                    &file.text,
                    parse::Mistake::new(
                        entry.span.clone(),
                        format!(
                            "the checkpoint {} is in {} already",
                            entry.checkpoint,
                            other.path.display()
                        ),
                    ),
                )),
                None => {
                    first.insert(&entry.checkpoint, file);
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests;
