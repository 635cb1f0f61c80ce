//! Writes live permissions into a manifest. Comments, order and variables stay.

use std::collections::BTreeSet;

use permissions_ext::sync::DesiredState;
use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::comments::{Line, refreshed, split};
use super::parse::{CHECKPOINTS, Entry, UNUSUAL};
use super::variables::escape;
use crate::ids::{self, Id};
use crate::names::Names;

const INDENT: &str = "\n    ";

/// Returns the text with the projects of each entry replaced by the `live` ones, and with the `new` checkpoints at the
/// end. Names of projects become comments.
pub(super) fn update(
    text: &str,
    entries: &[Entry],
    live: &DesiredState,
    new: &[&CheckpointId],
    names: &Names,
) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let checkpoints = document
        .entry(CHECKPOINTS)
        .or_insert_with(|| Item::Table(Table::new()))
        .as_table_like_mut()
        .ok_or("checkpoints is not a table")?;
    for entry in entries {
        let array = checkpoints.get_mut(&entry.key).and_then(Item::as_array_mut);
        if let (Some(array), Some(live)) = (array, live.projects(&entry.checkpoint)) {
            let known: Vec<&ProjectId> = entry.projects().collect();
            set(array, &known, live, names);
        }
    }
    for checkpoint in new {
        let mut array = Array::new();
        if let Some(live) = live.projects(checkpoint) {
            set(&mut array, &[], live, names);
        }
        let key = escape(checkpoint.as_str());
        checkpoints.insert(&key, Item::Value(array.into()));
        if is_unusual(*checkpoint)
            && let Some(mut key) = checkpoints.key_mut(&key)
        {
            key.leaf_decor_mut().set_prefix(format!("{UNUSUAL}\n"));
        }
    }
    Ok(document.to_string())
}

/// Updates an array that contains the `known` projects: removes projects that are not live, adds new ones at the end,
/// and refreshes the names in comments.
fn set(array: &mut Array, known: &[&ProjectId], live: &BTreeSet<ProjectId>, names: &Names) {
    let (head, mut lines, tail) = split(array);
    let was_spread = tail.contains('\n') || lines.iter().any(|line| line.before.contains('\n'));
    let first = lines.first().map(|line| line.before.clone());
    let mut is_changed = false;
    let mut known = known.iter();
    let mut kept = Vec::new();
    lines.retain_mut(|line| {
        let Some(project) = known.next().filter(|project| live.contains(**project)) else {
            is_changed = true;
            return false;
        };
        if let Some(after) = refreshed(&line.after, names.label(project).as_deref()) {
            line.after = after;
            is_changed = true;
        }
        kept.push(*project);
        true
    });
    let added: Vec<&ProjectId> = live.iter().filter(|id| !kept.contains(id)).collect();
    if added.is_empty() && !is_changed {
        return;
    }
    for project in &added {
        lines.push(Line {
            before: if is_unusual(*project) {
                format!("{INDENT}{UNUSUAL}{INDENT}")
            } else {
                String::new()
            },
            project: Value::from(escape(project.as_str())),
            after: refreshed("", names.label(project).as_deref()).unwrap_or_default(),
        });
    }
    let is_long = first.is_none() && lines.len() > 1;
    let has_comment = |line: &Line| !line.after.is_empty() || line.before.contains('\n');
    let is_spread = was_spread || is_long || lines.iter().any(has_comment);
    array.clear();
    let (mut after, count) = (head, lines.len());
    for (at, line) in lines.into_iter().enumerate() {
        let is_new = at + added.len() >= count;
        // A comment extends to the end of its line, so an array on one line is split into one project per line.
        let breaks = is_spread && (is_new || !was_spread || after.contains('#'));
        let before = match line.before {
            before if before.contains('\n') => before,
            _ if breaks => INDENT.to_owned(),
            _ if at == 0 => first.clone().unwrap_or_default(),
            before if before.is_empty() => " ".to_owned(),
            before => before,
        };
        let mut project = line.project;
        project.decor_mut().set_prefix(after + &before);
        after = line.after;
        array.push_formatted(project);
    }
    let needs_break = after.contains('#') || (is_spread && count > 0);
    let tail = if needs_break && !tail.contains('\n') {
        "\n"
    } else {
        &tail
    };
    array.set_trailing(after + tail);
    array.set_trailing_comma(count > 0 && (is_spread || array.trailing_comma()));
}

fn is_unusual<T: Id + AsRef<str>>(id: &T) -> bool {
    ids::read::<T>(id.as_ref()).is_err()
}
