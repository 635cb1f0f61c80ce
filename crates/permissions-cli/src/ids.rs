//! Validation of ids in arguments, manifests and lists.
//!
//! The API accepts almost any text as an id. Text that is certainly a mistake is refused here, before a permission
//! exists that no project can use.

use std::fmt::Display;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use crate::failure::Failure;

/// An id type with an example and the prefixes of the other id types.
pub(crate) trait Id: TryFrom<String, Error: Display> {
    const NAME: &str;
    const EXAMPLE: &str;
    /// Prefixes of other ids, each with the reason why they are wrong here.
    const FOREIGN: &[(&str, &str)];
}

impl Id for CheckpointId {
    const NAME: &str = "checkpoint id";
    const EXAMPLE: &str = "a checkpoint id looks like ft:gpt-4o:acme";
    const FOREIGN: &[(&str, &str)] = &[
        (
            "proj_",
            "this is a project id, and the checkpoint comes first",
        ),
        (
            "cp_",
            "this is a permission id, and the checkpoint comes first",
        ),
    ];
}

impl Id for ProjectId {
    const NAME: &str = "project id";
    const EXAMPLE: &str = "a project id looks like proj_a";
    const FOREIGN: &[(&str, &str)] = &[
        (
            "ft:",
            "this is a checkpoint id; use --checkpoint for further checkpoints",
        ),
        (
            "ft-",
            "this is a checkpoint id; use --checkpoint for further checkpoints",
        ),
        ("cp_", "this is a permission id"),
    ];
}

impl Id for PermissionId {
    const NAME: &str = "permission id";
    const EXAMPLE: &str =
        "a permission id looks like cp_zc4Q7MP6XxulcVzj4MZdwsAB, and `permissions list` prints it";
    const FOREIGN: &[(&str, &str)] = &[
        ("proj_", "this is a project id; use --project for projects"),
        ("ft:", "this is a checkpoint id"),
        ("ft-", "this is a checkpoint id"),
    ];
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

/// Whether the text has the prefix of a checkpoint id: `ft:` or `ft-`.
pub(crate) fn is_checkpoint(text: &str) -> bool {
    text.starts_with("ft:") || text.starts_with("ft-")
}

fn check<T: Id>(text: &str) -> Result<(), String> {
    let foreign = T::FOREIGN
        .iter()
        .find(|(prefix, _)| text.starts_with(prefix));
    if let Some((_, reason)) = foreign {
        return Err((*reason).to_owned());
    }
    if text.contains(char::is_control) {
        return Err("it contains a line break, a tab or another control character".to_owned());
    }
    if text.contains([',', ' ']) {
        return Err(
            "it contains a comma or a space; give several ids as several arguments or lines"
                .to_owned(),
        );
    }
    Ok(())
}
