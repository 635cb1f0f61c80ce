//! Completion of ids in a shell, from the manifest and from the `--local` file.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use permissions_server::StoredIds;

use crate::manifest::Manifest;

/// Completes checkpoint ids.
pub(crate) fn checkpoints() -> ArgValueCompleter {
    completer(Manifest::checkpoint_ids, |stored| stored.checkpoints)
}

/// Completes project ids.
pub(crate) fn projects() -> ArgValueCompleter {
    completer(Manifest::project_ids, |stored| stored.projects)
}

fn completer(
    in_manifest: fn(&Manifest) -> Vec<String>,
    in_file: fn(StoredIds) -> Vec<String>,
) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        // A manifest with errors has no completions.
        let manifest = Manifest::read(&option_values(&["--file", "-f"]), "--file", false).ok();
        let local = option_values(&["--local"]);
        let stored = local
            .first()
            .and_then(|file| permissions_server::stored_ids(file));
        let mut ids = manifest.as_ref().map(in_manifest).unwrap_or_default();
        ids.extend(stored.map(in_file).unwrap_or_default());
        let ids: BTreeSet<String> = ids.into_iter().collect();
        let current = current.to_string_lossy();
        let matching = ids.into_iter().filter(|id| id.starts_with(&*current));
        matching.map(CompletionCandidate::new).collect()
    })
}

/// Returns the values of an option on the command line that the shell completes.
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
