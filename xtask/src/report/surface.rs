//! What changed in the public items of the generated crate.

use std::collections::BTreeSet;

use serde::Serialize;

use super::change::Grade;

/// The public items, one line each, that are in one of two versions only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SurfaceDiff {
    /// Lines of the new version.
    pub added: Vec<String>,
    /// Lines of the old version.
    pub removed: Vec<String>,
}

impl SurfaceDiff {
    /// Compares two lists as [`crate::surface::list`] makes them.
    pub fn new(old: &[String], new: &[String]) -> Self {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
        Self {
            added: new.difference(&old).map(|line| (*line).clone()).collect(),
            removed: old.difference(&new).map(|line| (*line).clone()).collect(),
        }
    }

    /// A line that is gone may be in someone's code, one that is new cannot.
    pub(super) fn grade(&self) -> Option<Grade> {
        match (self.removed.is_empty(), self.added.is_empty()) {
            (false, _) => Some(Grade::Major),
            (true, false) => Some(Grade::Minor),
            (true, true) => None,
        }
    }
}
