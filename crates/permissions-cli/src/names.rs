//! Names of projects.

use std::collections::HashMap;

use permissions_ext::ProjectId;

/// The projects of the organization by id. Empty if names are not shown.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<ProjectId, String>);

impl Names {
    /// Returns the name of a project, if the project and its name are known.
    pub(crate) fn get(&self, id: &ProjectId) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}

#[cfg(test)]
impl Names {
    /// Returns the given names.
    pub(crate) fn of<const N: usize>(names: [(&str, &str); N]) -> Self {
        let names = names.map(|(id, name)| (id.parse().unwrap(), name.to_owned()));
        Self(names.into_iter().collect())
    }
}
