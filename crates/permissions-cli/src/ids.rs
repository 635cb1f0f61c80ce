//! Ids as people give them: on the command line, in lists and in manifests.

use std::fmt::Display;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};

/// What an id is one of, and how such an id looks.
pub(crate) trait Id: TryFrom<String, Error: Display> {
    const EXAMPLE: &str;
}

impl Id for CheckpointId {
    const EXAMPLE: &str = "a checkpoint's id looks like ft:gpt-4o:acme";
}

impl Id for ProjectId {
    const EXAMPLE: &str = "a project's id looks like proj_a";
}

impl Id for PermissionId {
    const EXAMPLE: &str =
        "a permission's id looks like cp_zc4Q7MP6XxulcVzj4MZdwsAB, and `permissions list` shows it";
}

/// Reads an id, or says why it is none.
pub(crate) fn read<T: Id>(text: &str) -> Result<T, String> {
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
