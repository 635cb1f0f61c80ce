//! Comments of a manifest, as labels of checkpoints and projects.

use std::ops::Range;

use super::parse::UNUSUAL;
use super::{File, Manifest};
use crate::audit::html::{Label, Labels};

impl Manifest {
    /// Returns the comment after each project, and the comment after or above each checkpoint. The first comment about
    /// an id counts.
    pub(crate) fn labels(&self) -> Labels {
        let mut labels = Labels::default();
        for file in &self.files {
            for entry in &file.entries {
                let after = comment_after(file, &entry.span).filter(|_| !shares_line(file, entry));
                if let Some(label) = after.or_else(|| comment_above(file, &entry.span)) {
                    labels
                        .checkpoints
                        .entry(entry.checkpoint.clone())
                        .or_insert(label);
                }
                for item in &entry.items {
                    if let Some(label) =
                        comment_after(file, &item.span).filter(|_| !shares_line(file, entry))
                    {
                        let label = Label {
                            text: label,
                            ..Label::default()
                        };
                        labels.projects.entry(item.id.clone()).or_insert(label);
                    }
                }
            }
        }
        labels
    }
}

/// Whether the checkpoint and its first project are on the same line, so that a comment may be about either.
fn shares_line(file: &File, entry: &super::parse::Entry) -> bool {
    let first = entry.items.first().map(|item| item.span.start);
    first.is_some_and(|first| {
        let between = file.text.get(entry.span.end..first);
        between.is_some_and(|between| !between.contains('\n'))
    })
}

fn comment_after(file: &File, span: &Range<usize>) -> Option<String> {
    let rest = file.text.get(span.end..)?.lines().next()?;
    // Only punctuation of TOML may occur between the id and its comment.
    let (before, comment) = rest.split_once('#')?;
    let is_own = before
        .chars()
        .all(|c| c.is_whitespace() || "=[],".contains(c));
    is_own
        .then(|| comment.trim().to_owned())
        .filter(|label| !label.is_empty())
}

fn comment_above(file: &File, span: &Range<usize>) -> Option<String> {
    let before = file.text.get(..span.start)?;
    let above = before.rsplit('\n').nth(1)?.trim();
    let comment = above.strip_prefix('#').filter(|_| above != UNUSUAL)?;
    Some(comment.trim().to_owned()).filter(|label| !label.is_empty())
}
