//! Comments of a manifest, as labels of checkpoints and projects.
//!
//! `export` writes the name of a project as a quoted string at the start of the comment after the project. Every other
//! comment, and the text after the name, was written by a person and stays.

use std::collections::BTreeMap;
use std::ops::Range;

use permissions_ext::{CheckpointId, ProjectId};

use super::parse::{Entry, UNUSUAL};
use crate::style::quoted;

/// Labels of ids.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    pub(crate) checkpoints: BTreeMap<CheckpointId, String>,
    pub(crate) projects: BTreeMap<ProjectId, String>,
}

/// Adds the comment after each project, and the comment after or above each checkpoint. The first comment about an id
/// counts.
pub(super) fn add(labels: &mut Labels, text: &str, entries: &[Entry]) {
    for entry in entries {
        // A comment on the line of both may be about either.
        let after = |span| comment_after(text, span).filter(|_| !shares_line(text, entry));
        if let Some(label) = after(&entry.span).or_else(|| comment_above(text, &entry.span)) {
            let checkpoint = entry.checkpoint.clone();
            labels.checkpoints.entry(checkpoint).or_insert(label);
        }
        for item in &entry.items {
            if let Some(comment) = after(&item.span) {
                let label = match split_name(&comment) {
                    Some((name, rest)) => name + rest,
                    None => comment,
                };
                labels.projects.entry(item.id.clone()).or_insert(label);
            }
        }
    }
}

/// Whether the checkpoint and its first project are on the same line.
fn shares_line(text: &str, entry: &Entry) -> bool {
    let first = entry.items.first().map(|item| item.span.start);
    first.is_some_and(|first| {
        let between = text.get(entry.span.end..first);
        between.is_some_and(|between| !between.contains('\n'))
    })
}

fn comment_after(text: &str, span: &Range<usize>) -> Option<String> {
    let rest = text.get(span.end..)?.lines().next()?;
    // Only punctuation of TOML may occur between the id and its comment.
    let (before, comment) = rest.split_once('#')?;
    let is_own = before
        .chars()
        .all(|c| c.is_whitespace() || "=[],".contains(c));
    is_own
        .then(|| comment.trim().to_owned())
        .filter(|label| !label.is_empty())
}

fn comment_above(text: &str, span: &Range<usize>) -> Option<String> {
    let before = text.get(..span.start)?;
    let above = before.rsplit('\n').nth(1)?.trim();
    let comment = above.strip_prefix('#').filter(|_| above != UNUSUAL)?;
    Some(comment.trim().to_owned()).filter(|label| !label.is_empty())
}

/// Splits a comment into the name that `export` wrote and the text after the name.
fn split_name(comment: &str) -> Option<(String, &str)> {
    let mut values = serde_json::Deserializer::from_str(comment).into_iter::<String>();
    let name = values.next()?.ok()?;
    Some((name, &comment[values.byte_offset()..]))
}

/// Returns the comment after a project with the current name of the project. `None` if the comment stays.
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
