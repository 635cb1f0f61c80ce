//! Writes live permissions into a manifest and keeps comments, order and variables.

use std::collections::BTreeMap;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Array, DocumentMut, Item, RawString, Table, TableLike, Value};

use super::parse::{CHECKPOINTS, Entry, UNUSUAL};
use super::variables::escape;
use crate::ids;

type Live = BTreeMap<CheckpointId, Vec<ProjectId>>;

/// Returns the text with the `live` projects of its entries, and with the `new` checkpoints at the end.
pub(super) fn update(
    text: &str,
    entries: &[Entry],
    live: &Live,
    new: &[&CheckpointId],
) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let checkpoints = document
        .entry(CHECKPOINTS)
        .or_insert_with(|| Item::Table(Table::new()))
        .as_table_like_mut()
        .ok_or("checkpoints is not a table")?;
    for entry in entries {
        let array = checkpoints.get_mut(&entry.key).and_then(Item::as_array_mut);
        if let (Some(array), Some(live)) = (array, live.get(&entry.checkpoint)) {
            set(array, entry, live);
        }
    }
    for checkpoint in new {
        insert(
            checkpoints,
            checkpoint,
            live.get(*checkpoint).map_or(&[], Vec::as_slice),
        );
    }
    Ok(document.to_string())
}

/// Adds a checkpoint at the end of the table.
fn insert(checkpoints: &mut dyn TableLike, checkpoint: &CheckpointId, projects: &[ProjectId]) {
    let is_spread = projects.len() > 1 || projects.iter().any(is_unusual);
    let mut array = Array::new();
    for project in projects {
        push(&mut array, project, is_spread);
    }
    if is_spread {
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    let key = escape(checkpoint.as_str());
    checkpoints.insert(&key, Item::Value(array.into()));
    if ids::read::<CheckpointId>(checkpoint.as_str()).is_err()
        && let Some(mut key) = checkpoints.key_mut(&key)
    {
        key.leaf_decor_mut().set_prefix(format!("{UNUSUAL}\n"));
    }
}

/// Removes projects that are not live, and adds new ones at the end.
fn set(array: &mut Array, entry: &Entry, live: &[ProjectId]) {
    let known: Vec<&ProjectId> = entry.projects().collect();
    let added: Vec<&ProjectId> = live
        .iter()
        .filter(|project| !known.contains(project))
        .collect();
    let is_spread = has_break(Some(array.trailing()))
        || array.iter().any(|value| has_break(value.decor().prefix()))
        || added.iter().any(|project| is_unusual(project));
    let before = array
        .get(0)
        .and_then(|value| value.decor().prefix()?.as_str())
        .map(str::to_owned);
    let (mut at, mut removed_first) = (0, false);
    for project in &known {
        if live.contains(project) {
            at += 1;
        } else {
            array.remove(at);
            removed_first |= at == 0;
        }
    }
    // In an array on one line, the new first element would keep the space after the comma.
    if let Some(first) = array.get_mut(0).filter(|_| removed_first && !is_spread) {
        first.decor_mut().set_prefix(before.unwrap_or_default());
    }
    for project in added {
        push(array, project, is_spread);
    }
    if is_spread && !array.is_empty() {
        array.set_trailing_comma(true);
        if !has_break(Some(array.trailing())) {
            array.set_trailing("\n");
        }
    }
}

/// Adds a project, on a line of its own if `is_spread` is set.
fn push(array: &mut Array, project: &ProjectId, is_spread: bool) {
    const INDENT: &str = "\n    ";
    let mut value = Value::from(escape(project.as_str()));
    if !is_spread {
        return array.push(value);
    }
    value.decor_mut().set_prefix(if is_unusual(project) {
        format!("{INDENT}{UNUSUAL}{INDENT}")
    } else {
        INDENT.to_owned()
    });
    array.push_formatted(value);
}

fn is_unusual(project: &ProjectId) -> bool {
    ids::read::<ProjectId>(project.as_str()).is_err()
}

fn has_break(text: Option<&RawString>) -> bool {
    text.and_then(RawString::as_str)
        .is_some_and(|text| text.contains('\n'))
}
