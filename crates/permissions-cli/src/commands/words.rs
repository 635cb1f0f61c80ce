//! Helpers for lists of ids and for messages.

use std::collections::HashSet;
use std::hash::Hash;

/// Formats a number of things, such as `1 permission` or `2 permissions`.
pub(super) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Removes duplicates and keeps the order.
pub(super) fn distinct<T: Clone + Eq + Hash>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items
        .into_iter()
        .filter(|item| seen.insert(item.clone()))
        .collect()
}
