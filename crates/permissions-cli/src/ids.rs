//! Ids as people give them: on the command line, in lists and in manifests.
//!
//! The API takes almost any text for an id. What can only be a slip is refused before it becomes a permission that
//! nobody can use, or an answer about something that nobody meant.

use std::fmt::Display;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};

/// What an id is one of, and how such an id looks.
pub(crate) trait Id: TryFrom<String, Error: Display> {
    const EXAMPLE: &str;
    /// How ids of another kind begin, with what to do where one of them is given instead.
    const OTHERS: &[(&str, &str)];
}

impl Id for CheckpointId {
    const EXAMPLE: &str = "a checkpoint's id looks like ft:gpt-4o:acme";
    const OTHERS: &[(&str, &str)] = &[
        ("proj_", "it is a project's, and the checkpoint comes first"),
        (
            "cp_",
            "it is a permission's, and the checkpoint comes first",
        ),
    ];
}

impl Id for ProjectId {
    const EXAMPLE: &str = "a project's id looks like proj_a";
    const OTHERS: &[(&str, &str)] = &[
        (
            "ft:",
            "it is a checkpoint's; more of them go behind --checkpoint each",
        ),
        ("cp_", "it is a permission's"),
    ];
}

impl Id for PermissionId {
    const EXAMPLE: &str =
        "a permission's id looks like cp_zc4Q7MP6XxulcVzj4MZdwsAB, and `permissions list` shows it";
    const OTHERS: &[(&str, &str)] = &[
        ("proj_", "it is a project's, which goes behind --project"),
        ("ft:", "it is a checkpoint's"),
    ];
}

/// Reads what the API takes for an id: a place in a list may be anything that it gave.
pub(crate) fn read_any<T: Id>(text: &str) -> Result<T, String> {
    let reason = if text.contains(char::is_control) {
        "there is a line break, a tab or another control character in it".to_owned()
    } else {
        match T::try_from(text.to_owned()) {
            Ok(id) => return Ok(id),
            Err(error) => error.to_string(),
        }
    };
    Err(format!("{reason}; {}", T::EXAMPLE))
}

/// Reads an id, or says why it is none: what can only be a slip is refused. A list that is empty, or a deletion of
/// nothing, would pass for an answer.
pub(crate) fn read<T: Id>(text: &str) -> Result<T, String> {
    let other = T::OTHERS.iter().find(|(start, _)| text.starts_with(start));
    if let Some((_, reason)) = other {
        return Err(format!("{reason}; {}", T::EXAMPLE));
    }
    if text.contains([',', ' ']) {
        let reason =
            "there is a comma or a blank in it, and several ids are several arguments or lines";
        return Err(format!("{reason}; {}", T::EXAMPLE));
    }
    read_any(text)
}
