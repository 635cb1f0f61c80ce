//! Comments of a manifest: labels of checkpoints and projects, and names of projects.
//!
//! `export` writes the name of a project as a quoted string at the start of the comment after the project. It keeps
//! the text after the name and all other comments, because a person may have written them.

use std::collections::BTreeMap;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Array, DocumentMut, Item, RawString, Value};

use super::parse::{CHECKPOINTS, Entry, UNUSUAL};
use crate::style::quoted;

/// Labels of ids.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    pub(crate) checkpoints: BTreeMap<CheckpointId, String>,
    pub(crate) projects: BTreeMap<ProjectId, String>,
}

/// Collects the comment after each project, and the comment after or above each checkpoint. If an id has several
/// comments, the first one is its label.
pub(super) fn add_labels(labels: &mut Labels, text: &str, entries: &[Entry]) {
    // The parser found the entries in this text, so the text is valid TOML.
    let document = text.parse::<DocumentMut>().unwrap_or_default();
    let table = document.get(CHECKPOINTS).and_then(Item::as_table_like);
    for entry in entries {
        let found = table.and_then(|table| table.get_key_value(&entry.key));
        let Some((key, array)) = found.and_then(|(key, item)| Some((key, item.as_array()?))) else {
            continue;
        };
        let (mut after, lines, _) = split(array);
        if array.is_empty() {
            // If the array contains projects, a comment after the array may be about the last project.
            after += &raw(array.decor().suffix());
        }
        let above = raw(key.leaf_decor().prefix());
        let above = above.lines().last().filter(|line| *line != UNUSUAL);
        if let Some(label) = label(&after).or_else(|| label(above?)) {
            let checkpoint = entry.checkpoint.clone();
            labels.checkpoints.entry(checkpoint).or_insert(label);
        }
        for (item, line) in entry.items.iter().zip(lines) {
            if let Some(label) = label(&line.after) {
                labels.projects.entry(item.id.clone()).or_insert(label);
            }
        }
    }
}

/// Returns the text of a comment. A name is shown without its quotes.
fn label(comment: &str) -> Option<String> {
    let comment = comment.trim().strip_prefix('#')?.trim();
    let label = match split_name(comment) {
        Some((name, rest)) => name + rest,
        None => comment.to_owned(),
    };
    Some(label).filter(|label| !label.is_empty())
}

/// Splits a comment into the name that `export` wrote and the text after the name.
fn split_name(comment: &str) -> Option<(String, &str)> {
    let mut values = serde_json::Deserializer::from_str(comment).into_iter::<String>();
    let name = values.next()?.ok()?;
    Some((name, &comment[values.byte_offset()..]))
}

/// Returns the new comment after a project, with the current name of the project. `None` if the comment needs no
/// change, or if it does not start with a name, because the user wrote it.
pub(super) fn refreshed(after: &str, name: Option<&str>) -> Option<String> {
    let name = name?;
    let comment = after.trim_start().strip_prefix('#').map(str::trim_start);
    let rest = match comment.map(split_name) {
        None => "",
        Some(Some((old, rest))) if old != name => rest,
        Some(_) => return None,
    };
    Some(format!(" # {}{rest}", quoted(name)))
}

/// A project of an array, with the comments before and after the project.
pub(super) struct Line {
    /// Spaces, line breaks and comments before the project.
    pub(super) before: String,
    pub(super) project: Value,
    /// The comment after the project, on the same line.
    pub(super) after: String,
}

/// Splits an array into its head, its projects and its tail. The head is a comment on the line of the opening bracket,
/// and the tail is the text after the last project. toml_edit assigns a comment at the end of a line to the project on
/// the next line. This function assigns the comment to the project on the same line.
pub(super) fn split(array: &Array) -> (String, Vec<Line>, String) {
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
        let before = cut(&mut lines, &(rest + &raw(value.decor().prefix())));
        let mut project = value.clone();
        project.decor_mut().clear();
        lines.push(Line {
            before,
            project,
            after: String::new(),
        });
        rest = cut(&mut lines, &raw(value.decor().suffix()));
        rest.truncate(rest.trim_end_matches([' ', '\t']).len());
    }
    let tail = cut(&mut lines, &(rest + &raw(Some(array.trailing()))));
    (head, lines, tail)
}

fn raw(text: Option<&RawString>) -> String {
    let text = text.and_then(RawString::as_str);
    text.unwrap_or_default().to_owned()
}
