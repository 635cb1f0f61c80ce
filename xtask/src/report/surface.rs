//! Compares the public items of the generated crate.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rules::Grade;

/// The public items that differ, one line per item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SurfaceDiff {
    /// Items that were added.
    pub added: Vec<String>,
    /// Items that were removed.
    pub removed: Vec<String>,
    /// Renamed types and methods as `old → new`. `added` and `removed` do not contain the items of
    /// renamed types and methods.
    pub renamed: Vec<String>,
}

impl SurfaceDiff {
    /// Compares two lists of [`crate::surface::list`].
    pub fn new(old: &[String], new: &[String]) -> Self {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
        Self {
            added: new.difference(&old).map(|line| (*line).clone()).collect(),
            removed: old.difference(&new).map(|line| (*line).clone()).collect(),
            renamed: Vec::new(),
        }
    }

    /// Moves items that differ only by a new name to `renamed`, with one line per name.
    pub(super) fn fold(&mut self, names: &BTreeMap<String, String>) {
        let mut used = BTreeSet::new();
        self.removed.retain(|line| {
            let renamed = renamed(line, names);
            let position = self.added.iter().position(|added| *added == renamed);
            if let Some(position) = position {
                self.added.remove(position);
                used.extend(names.iter().filter(|(name, _)| line.contains(*name)));
            }
            position.is_none()
        });
        let renamed = used.into_iter().map(|(old, new)| format!("{old} → {new}"));
        self.renamed = renamed.collect();
    }

    /// Returns major if an item was removed or renamed, because existing code may use the item.
    /// Otherwise returns minor if an item was added.
    pub(super) fn grade(&self) -> Option<Grade> {
        if !self.removed.is_empty() || !self.renamed.is_empty() {
            Some(Grade::Major)
        } else {
            (!self.added.is_empty()).then_some(Grade::Minor)
        }
    }
}

/// Replaces each old name by its new name.
///
/// If the old name is the name of a type, it is also replaced at the start of longer identifiers.
/// The names of inline types start with the name of the type that contains them.
fn renamed(line: &str, names: &BTreeMap<String, String>) -> String {
    let is_separator = |c: char| !c.is_alphanumeric() && c != '_';
    let words = line.split_inclusive(is_separator).map(|word| {
        let name = names.iter().find_map(|(old, new)| {
            let suffix = word.strip_prefix(old.as_str())?;
            let is_inline_type =
                old.starts_with(char::is_uppercase) && suffix.starts_with(char::is_uppercase);
            let is_complete = suffix.is_empty() || suffix.starts_with(is_separator);
            (is_complete || is_inline_type).then(|| format!("{new}{suffix}"))
        });
        name.unwrap_or_else(|| word.to_owned())
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_type_is_reported_on_one_line() {
        let lines = |text: &[&str]| {
            text.iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        let old = lines(&[
            "field types::Label::kind: LabelKind",
            "pub enum types::LabelKind",
            "pub struct types::Label",
            "pub struct types::Labels",
        ]);
        let new = lines(&[
            "field types::Mark::kind: MarkKind",
            "pub enum types::MarkKind",
            "pub struct types::Labels",
            "pub struct types::Mark",
        ]);
        let mut diff = SurfaceDiff::new(&old, &new);

        diff.fold(&BTreeMap::from([("Label".to_owned(), "Mark".to_owned())]));

        assert_eq!(diff.renamed, ["Label → Mark"]);
        assert!(diff.added.is_empty() && diff.removed.is_empty(), "{diff:?}");
        assert_eq!(diff.grade(), Some(Grade::Major));
    }
}
