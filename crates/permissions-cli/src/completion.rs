//! Completion of ids in a shell, from the manifest and from the `--local` file.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use permissions_server::StoredIds;

use crate::manifest::{Manifest, ReadOptions};

/// Completes checkpoint ids.
pub(crate) fn checkpoints() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        candidates(current, |manifest, stored| {
            let written = manifest
                .iter()
                .flat_map(|manifest| manifest.checkpoints())
                .map(ToString::to_string);
            written.chain(stored.checkpoints).collect()
        })
    })
}

/// Completes project ids.
pub(crate) fn projects() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        candidates(current, |manifest, stored| {
            let written = manifest
                .iter()
                .flat_map(|manifest| manifest.projects())
                .map(ToString::to_string);
            written.chain(stored.projects).collect()
        })
    })
}

fn candidates(
    current: &OsStr,
    ids: impl FnOnce(Option<&Manifest>, StoredIds) -> BTreeSet<String>,
) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else {
        return Vec::new();
    };
    let options = ReadOptions {
        option: "--file",
        strict: false,
    };
    // A manifest with errors has no completions.
    let manifest = Manifest::read(&option_values(&["--file", "-f"]), options).ok();
    let stored = option_values(&["--local"])
        .first()
        .and_then(|file| permissions_server::stored_ids(file))
        .unwrap_or_default();
    let ids = ids(manifest.as_ref(), stored);
    let matching = ids.into_iter().filter(|id| id.starts_with(current));
    matching.map(CompletionCandidate::new).collect()
}

/// The values of an option in the words that the shell passes.
fn option_values(names: &[&str]) -> Vec<PathBuf> {
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let separate = words
        .windows(2)
        .filter(|pair| names.contains(&pair[0].as_str()))
        .map(|pair| PathBuf::from(&pair[1]));
    let joined = words.iter().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then(|| PathBuf::from(value))
    });
    separate.chain(joined).collect()
}
