//! Writes live permissions into a manifest. Comments, order and variables stay.

use std::collections::BTreeMap;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Array, DocumentMut, Item, RawString, Table, Value};

use super::labels::refreshed;
use super::parse::{CHECKPOINTS, Entry, UNUSUAL};
use super::variables::escape;
use crate::ids::{self, Id};
use crate::names::Names;

type Live = BTreeMap<CheckpointId, Vec<ProjectId>>;

const INDENT: &str = "\n    ";

/// Returns the text with the `live` projects of its entries, and with the `new` checkpoints at the end. Names of projects
/// become comments.
pub(super) fn update(
    text: &str,
    entries: &[Entry],
    live: &Live,
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
        if let (Some(array), Some(live)) = (array, live.get(&entry.checkpoint)) {
            let known: Vec<&ProjectId> = entry.projects().collect();
            set(array, &known, live, names);
        }
    }
    for checkpoint in new {
        let mut array = Array::new();
        let live = live.get(*checkpoint).map_or(&[][..], Vec::as_slice);
        set(&mut array, &[], live, names);
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

/// A project of an array, with the comments about it.
struct Line {
    /// Spaces, line breaks and comments before the project.
    before: String,
    project: Value,
    /// The comment after the project, on the same line.
    after: String,
}

/// Removes projects that are not live from an array of the `known` projects, adds new ones at the end, and refreshes the
/// names in comments.
fn set(array: &mut Array, known: &[&ProjectId], live: &[ProjectId], names: &Names) {
    let (head, mut lines, tail) = split(array);
    let was_spread = tail.contains('\n') || lines.iter().any(|line| line.before.contains('\n'));
    let first = lines.first().map(|line| line.before.clone());
    let mut is_changed = false;
    let mut known = known.iter();
    let mut kept = Vec::new();
    lines.retain_mut(|line| {
        let Some(project) = known.next().filter(|project| live.contains(project)) else {
            is_changed = true;
            return false;
        };
        if let Some(after) = refreshed(&line.after, names.get(project)) {
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
            after: refreshed("", names.get(project)).unwrap_or_default(),
        });
    }
    let is_long = first.is_none() && lines.len() > 1;
    let has_comment = |line: &Line| !line.after.is_empty() || line.before.contains('\n');
    let is_spread = was_spread || is_long || lines.iter().any(has_comment);
    array.clear();
    let (mut after, count) = (head, lines.len());
    for (at, line) in lines.into_iter().enumerate() {
        let is_new = at + added.len() >= count;
        // A comment ends its line. An array on one line becomes an array with a project on each line.
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
    let is_last_on_line = is_spread && count > 0 && !tail.contains('\n');
    array.set_trailing(after + if is_last_on_line { "\n" } else { &tail });
    array.set_trailing_comma(count > 0 && (is_spread || array.trailing_comma()));
}

/// Splits an array into its head, its projects and its tail. toml_edit assigns the comment on the line of a project to the
/// next project, here it belongs to the project before it. The head is a comment on the line of the bracket.
fn split(array: &Array) -> (String, Vec<Line>, String) {
    let text = |raw: Option<&RawString>| {
        let text = raw.and_then(RawString::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (mut head, mut lines) = (String::new(), Vec::<Line>::new());
    let mut cut = |lines: &mut Vec<Line>, text: &str| {
        let Some((line, _)) = text.split_once('\n') else {
            return text.to_owned();
        };
        let comment = line.trim_end();
        let after = lines.last_mut().map_or(&mut head, |line| &mut line.after);
        after.push_str(comment);
        text[comment.len()..].to_owned()
    };
    let mut rest = String::new();
    for value in array {
        let before = cut(&mut lines, &(rest + &text(value.decor().prefix())));
        let mut project = value.clone();
        project.decor_mut().clear();
        lines.push(Line {
            before,
            project,
            after: String::new(),
        });
        rest = cut(&mut lines, &text(value.decor().suffix()));
        rest.truncate(rest.trim_end_matches([' ', '\t']).len());
    }
    let tail = cut(&mut lines, &(rest + &text(Some(array.trailing()))));
    (head, lines, tail)
}

fn is_unusual<T: Id + AsRef<str>>(id: &T) -> bool {
    ids::read::<T>(id.as_ref()).is_err()
}
