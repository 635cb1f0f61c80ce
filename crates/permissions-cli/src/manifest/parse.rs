//! Parses a manifest and finds all its mistakes at once.

use std::ops::Range;
use std::path::Path;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Document, Item, Key, Table, Value};

use super::variables::expand;
use crate::ids::{self, Id};
use crate::problem::Problem;

/// The only table of a manifest.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// The comment that `export` writes above an unusual id. With this comment, the id only causes a warning,
/// because `export` read it from the API. Every exported manifest is therefore valid. Without the comment, the same id
/// is an error.
pub(super) const UNUSUAL: &str = "# unusual id, exported as it is";

/// A checkpoint with the projects that may use it.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// The key as it is written, before variables are expanded.
    pub(super) key: String,
    pub(super) checkpoint: CheckpointId,
    pub(super) span: Range<usize>,
    pub(super) items: Vec<ProjectItem>,
}

/// A project in the array of its checkpoint.
#[derive(Debug, PartialEq)]
pub(super) struct ProjectItem {
    pub(super) id: ProjectId,
    pub(super) span: Range<usize>,
}

impl Entry {
    pub(super) fn projects(&self) -> impl Iterator<Item = &ProjectId> {
        self.items.iter().map(|item| &item.id)
    }
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The content of a manifest. It is valid if there are no errors.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) entries: Vec<Entry>,
    pub(super) errors: Vec<Problem>,
    /// Invalid ids that are only warnings, because the comment that `export` writes is above them.
    pub(super) warnings: Vec<Problem>,
}

/// Parses the manifest in `path`. `lookup` returns the value of a variable.
pub(super) fn parse(path: &Path, text: &str, lookup: Lookup<'_>) -> Parsed {
    let mut parser = Parser {
        path,
        text,
        lookup,
        parsed: Parsed::default(),
    };
    match Document::parse(text) {
        Ok(document) => parser.document(document.as_table()),
        Err(error) => {
            let message = error.message().trim_end().replace('\n', "; ");
            parser.error(error.span(), message);
        }
    }
    parser.parsed
}

struct Parser<'a> {
    path: &'a Path,
    text: &'a str,
    lookup: Lookup<'a>,
    parsed: Parsed,
}

impl Parser<'_> {
    fn problem(&self, span: Option<Range<usize>>, message: impl Into<String>) -> Problem {
        Problem::new(self.path, self.text, span.unwrap_or(0..0), message)
    }

    fn error(&mut self, span: Option<Range<usize>>, message: impl Into<String>) {
        let problem = self.problem(span, message);
        self.parsed.errors.push(problem);
    }

    fn document(&mut self, table: &Table) {
        let mut is_found = false;
        for (name, item) in table {
            if name == CHECKPOINTS {
                is_found = true;
                self.checkpoints(item);
                continue;
            }
            let span = table.key(name).and_then(Key::span).or_else(|| item.span());
            let problem = self.problem(span, format!("unknown key {name:?}"));
            let is_checkpoint = name.contains(':') || item.is_array();
            self.parsed.errors.push(problem.remedy(if is_checkpoint {
                format!("write checkpoints below a line [{CHECKPOINTS}]")
            } else {
                format!("a manifest contains only the table [{CHECKPOINTS}]")
            }));
        }
        if !is_found && self.parsed.errors.is_empty() {
            let problem = self.problem(None, format!("the table [{CHECKPOINTS}] is missing"));
            self.parsed.errors.push(problem.remedy(format!(
                "write a line [{CHECKPOINTS}], and below it lines such as \
                 \"ft:gpt-4o:acme\" = [\"proj_a\", \"proj_b\"]"
            )));
        }
    }

    fn checkpoints(&mut self, item: &Item) {
        let Some(table) = item.as_table_like() else {
            let message = format!("expected a table, found {}", item.type_name());
            return self.error(item.span(), message);
        };
        for (name, item) in table.iter() {
            let span = table.key(name).and_then(Key::span).unwrap_or(0..0);
            let checkpoint = self.id::<CheckpointId>(name, &span);
            let items = self.projects(item, &span);
            let Some(checkpoint) = checkpoint else {
                continue;
            };
            let mut known = self.parsed.entries.iter();
            if known.any(|entry| entry.checkpoint == checkpoint) {
                let message = format!("the checkpoint {checkpoint} occurs twice");
                self.error(Some(span), message);
                continue;
            }
            self.parsed.entries.push(Entry {
                key: name.to_owned(),
                checkpoint,
                span,
                items,
            });
        }
    }

    fn projects(&mut self, item: &Item, key: &Range<usize>) -> Vec<ProjectItem> {
        let Some(array) = item.as_array() else {
            let span = item.span().unwrap_or_else(|| key.clone());
            let message = format!("expected an array of projects, found {}", item.type_name());
            let problem = self.problem(Some(span), message);
            self.parsed.errors.push(problem.remedy(match item.as_str() {
                Some(_) => "put the project into brackets: [\"...\"]",
                None => "put a checkpoint with dots or colons into quotes",
            }));
            return Vec::new();
        };
        let mut items: Vec<ProjectItem> = Vec::with_capacity(array.len());
        for value in array {
            let span = value.span().unwrap_or_else(|| key.clone());
            let Value::String(text) = value else {
                let message = format!("expected a project id, found {}", value.type_name());
                self.error(Some(span), message);
                continue;
            };
            let Some(id) = self.id::<ProjectId>(text.value(), &span) else {
                continue;
            };
            if items.iter().any(|item| item.id == id) {
                self.error(Some(span), format!("the project {id} occurs twice"));
                continue;
            }
            items.push(ProjectItem { id, span });
        }
        items
    }

    /// Expands variables and validates the id.
    fn id<T: Id>(&mut self, text: &str, span: &Range<usize>) -> Option<T> {
        let expanded = match expand(text, self.lookup) {
            Ok(expanded) => expanded,
            Err(reason) => {
                self.error(Some(span.clone()), reason);
                return None;
            }
        };
        let reason = match ids::read(&expanded) {
            Ok(id) => return Some(id),
            Err(reason) => reason,
        };
        let accepted = ids::accept(&expanded)
            .ok()
            .filter(|_| self.is_exported(span));
        if accepted.is_some() {
            let message = format!("unusual {}: {reason}", T::NAME);
            let problem = self.problem(Some(span.clone()), message);
            self.parsed.warnings.push(problem);
        } else {
            self.error(Some(span.clone()), format!("invalid {}: {reason}", T::NAME));
        }
        accepted
    }

    /// Whether the line above the id is the comment of `export`.
    fn is_exported(&self, span: &Range<usize>) -> bool {
        let before = self.text.get(..span.start).unwrap_or_default();
        let above = before.rsplit('\n').nth(1);
        above.is_some_and(|line| line.trim() == UNUSUAL)
    }
}
