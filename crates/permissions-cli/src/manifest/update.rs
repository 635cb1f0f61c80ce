//! Writing what is live into a manifest, with all that people put into it kept: comments, order,
//! variables.

use std::collections::BTreeMap;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::parse::{CHECKPOINTS, Entry};
use super::variables::escape;

type Live = BTreeMap<CheckpointId, Vec<ProjectId>>;

/// The text with `live` for each of its entries, and the `new` checkpoints at its end.
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
        .ok_or("checkpoints is no table")?;
    for entry in entries {
        let array = checkpoints.get_mut(&entry.key).and_then(Item::as_array_mut);
        if let (Some(array), Some(live)) = (array, live.get(&entry.checkpoint)) {
            set(array, entry, live);
        }
    }
    for checkpoint in new {
        let mut array = Array::new();
        for project in live.get(*checkpoint).into_iter().flatten() {
            array.push(escape(project.as_str()));
        }
        if array.len() > 1 {
            one_a_line(&mut array);
        }
        checkpoints.insert(&escape(checkpoint.as_str()), Item::Value(array.into()));
    }
    Ok(document.to_string())
}

/// Takes out of the array what is not live, and adds to its end what is and was not in it.
fn set(array: &mut Array, entry: &Entry, live: &[ProjectId]) {
    let spread =
        breaks(array.trailing().as_str()) || array.iter().any(|value| breaks(prefix(value)));
    let before = array.get(0).and_then(prefix).map(str::to_owned);
    let (mut at, mut removed_first) = (0, false);
    for project in &entry.projects {
        if live.contains(&project.id) {
            at += 1;
        } else {
            array.remove(at);
            removed_first |= at == 0;
        }
    }
    // On one line, what is first now had the gap behind a comma before it.
    if let Some(first) = array.get_mut(0).filter(|_| removed_first && !spread) {
        first.decor_mut().set_prefix(before.unwrap_or_default());
    }
    let known: Vec<&ProjectId> = entry.projects.iter().map(|project| &project.id).collect();
    for project in live.iter().filter(|project| !known.contains(project)) {
        let mut value = Value::from(escape(project.as_str()));
        if spread {
            value.decor_mut().set_prefix(INDENT);
            array.push_formatted(value);
        } else {
            array.push(value);
        }
    }
    if spread && !array.is_empty() {
        array.set_trailing_comma(true);
        if !breaks(array.trailing().as_str()) {
            array.set_trailing("\n");
        }
    }
}

fn one_a_line(array: &mut Array) {
    for value in array.iter_mut() {
        value.decor_mut().set_prefix(INDENT);
    }
    array.set_trailing("\n");
    array.set_trailing_comma(true);
}

const INDENT: &str = "\n    ";

fn breaks(gap: Option<&str>) -> bool {
    gap.is_some_and(|gap| gap.contains('\n'))
}

fn prefix(value: &Value) -> Option<&str> {
    value.decor().prefix()?.as_str()
}
