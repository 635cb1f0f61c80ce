//! Validation of ids in arguments, manifests and lists.
//!
//! The API accepts almost any text as an id. Text that is certainly a mistake is refused here, before a permission
//! exists that no project can use.

use std::fmt::Display;
use std::path::Path;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use crate::failure::Failure;
use crate::file;

/// The prefixes of ids, each with the name of its type.
const PREFIXES: &[(&str, &str)] = &[
    ("ft:", CheckpointId::NAME),
    ("ft-", CheckpointId::NAME),
    ("proj_", ProjectId::NAME),
    ("cp_", PermissionId::NAME),
];

/// A type of id that the command line accepts.
pub(crate) trait Id: TryFrom<String, Error: Display> {
    const NAME: &str;
    const EXAMPLE: &str;
    /// Remedies for an id of a wrong type, by the name of that type.
    const REMEDIES: &[(&str, &str)];
}

impl Id for CheckpointId {
    const NAME: &str = "checkpoint id";
    const EXAMPLE: &str = "a checkpoint id looks like ft:gpt-4o:acme";
    const REMEDIES: &[(&str, &str)] = &[
        (ProjectId::NAME, ", and the checkpoint comes first"),
        (PermissionId::NAME, ", and the checkpoint comes first"),
    ];
}

impl Id for ProjectId {
    const NAME: &str = "project id";
    const EXAMPLE: &str = "a project id looks like proj_a";
    const REMEDIES: &[(&str, &str)] = &[(
        CheckpointId::NAME,
        "; use --checkpoint for more checkpoints",
    )];
}

impl Id for PermissionId {
    const NAME: &str = "permission id";
    const EXAMPLE: &str =
        "a permission id looks like cp_zc4Q7MP6XxulcVzj4MZdwsAB, and `permissions list` prints it";
    const REMEDIES: &[(&str, &str)] = &[(ProjectId::NAME, "; use --project for projects")];
}

/// Validates an id. The error contains the reason and an example.
pub(crate) fn read<T: Id>(text: &str) -> Result<T, String> {
    check::<T>(text)
        .and_then(|()| accept(text))
        .map_err(|reason| format!("{reason}; {}", T::EXAMPLE))
}

/// Accepts every id that the API accepts, such as an id from an export.
pub(crate) fn accept<T: Id>(text: &str) -> Result<T, String> {
    T::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// Validates an id outside of clap.
pub(crate) fn argument<T: Id>(text: &str) -> Result<T, Failure> {
    read(text).map_err(|reason| Failure::usage(format!("invalid {} {text:?}: {reason}", T::NAME)))
}

/// Reads one id per line from a text. Blank lines and lines that start with # are skipped.
pub(crate) fn lines<T: Id>(path: &Path, text: &str) -> Result<Vec<T>, Failure> {
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| {
            read(line).map_err(|reason| {
                let position = format!("{}:{}", file::name(path), at + 1);
                Failure::usage(format!("{position}: invalid id {line:?}: {reason}"))
            })
        })
        .collect()
}

/// Reads a file with ids, or standard input if the path is `-`.
pub(crate) fn read_file(path: &Path) -> Result<String, Failure> {
    file::read(path, file::MAX_BYTES).map_err(|error| {
        Failure::usage(format!("failed to read {}: {error}", file::name(path)))
            .remedy("use a file with one id per line, or - for standard input")
    })
}

/// Whether the text has the prefix of a checkpoint id.
pub(crate) fn is_checkpoint(text: &str) -> bool {
    type_of(text) == Some(CheckpointId::NAME)
}

/// Returns the name of the type that the prefix of an id belongs to.
fn type_of(text: &str) -> Option<&'static str> {
    let mut prefixes = PREFIXES.iter();
    let (_, name) = prefixes.find(|(prefix, _)| text.starts_with(prefix))?;
    Some(name)
}

fn check<T: Id>(text: &str) -> Result<(), String> {
    if let Some(name) = type_of(text).filter(|name| *name != T::NAME) {
        let remedy = T::REMEDIES.iter().find(|(other, _)| *other == name);
        let remedy = remedy.map_or("", |(_, remedy)| remedy);
        return Err(format!("this is a {name}{remedy}"));
    }
    if text.contains(char::is_control) {
        return Err("it contains a line break, a tab or another control character".to_owned());
    }
    if text.contains([',', ' ']) {
        let reason =
            "it contains a comma or a space; give several ids as several arguments or lines";
        return Err(reason.to_owned());
    }
    Ok(())
}
