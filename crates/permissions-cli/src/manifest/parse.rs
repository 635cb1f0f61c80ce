//! Parses a manifest and finds all its mistakes at once.

use std::ops::Range;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Document, Item, Key, Table, Value};

use super::variables::expand;
use crate::ids::{self, Id};

/// The only table of a manifest.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// The comment that `export` writes above an unusual id. It marks an id that the API has, so that the manifest of an
/// export is always valid, while the same id from a person is a mistake.
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

/// A mistake and its position.
#[derive(Debug, PartialEq)]
pub(super) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
}

impl Mistake {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            remedy: None,
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The content of a manifest. It is valid if there are no errors.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) entries: Vec<Entry>,
    pub(super) errors: Vec<Mistake>,
    /// Unusual ids that `export` wrote.
    pub(super) warnings: Vec<Mistake>,
}

/// Parses a manifest. `lookup` returns the value of a variable.
pub(super) fn parse(text: &str, lookup: Lookup<'_>) -> Parsed {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let message = error.message().trim_end().replace('\n', "; ");
            let mistake = Mistake::new(error.span().unwrap_or(0..0), message);
            return Parsed {
                errors: vec![mistake],
                ..Parsed::default()
            };
        }
    };
    let mut parser = Parser {
        text,
        lookup,
        parsed: Parsed::default(),
    };
    parser.document(document.as_table());
    parser.parsed
}

struct Parser<'a> {
    text: &'a str,
    lookup: Lookup<'a>,
    parsed: Parsed,
}

impl Parser<'_> {
    fn error(&mut self, mistake: Mistake) {
        self.parsed.errors.push(mistake);
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
            let mistake = Mistake::new(span.unwrap_or(0..0), format!("unknown key {name:?}"));
            self.error(mistake.remedy(if name.contains(':') || item.is_array() {
                format!("write checkpoints below a line [{CHECKPOINTS}]")
            } else {
                format!("a manifest contains only the table [{CHECKPOINTS}]")
            }));
        }
        if !is_found && self.parsed.errors.is_empty() {
            let mistake = Mistake::new(0..0, format!("the table [{CHECKPOINTS}] is missing"));
            self.error(mistake.remedy(format!(
                "write a line [{CHECKPOINTS}], and below it lines such as \
                 \"ft:gpt-4o:acme\" = [\"proj_a\", \"proj_b\"]"
            )));
        }
    }

    fn checkpoints(&mut self, item: &Item) {
        let Some(table) = item.as_table_like() else {
            let span = item.span().unwrap_or(0..0);
            return self.error(Mistake::new(
                span,
                format!("expected a table, found {}", item.type_name()),
            ));
        };
        for (name, item) in table.iter() {
            let span = table.key(name).and_then(Key::span).unwrap_or(0..0);
            let checkpoint = self.id::<CheckpointId>(name, &span);
            let items = self.projects(item, &span);
            let Some(checkpoint) = checkpoint else {
                continue;
            };
            if self
                .parsed
                .entries
                .iter()
                .any(|entry| entry.checkpoint == checkpoint)
            {
                self.error(Mistake::new(
                    span,
                    format!("the checkpoint {checkpoint} occurs twice"),
                ));
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
            let mistake = Mistake::new(span, message);
            self.error(match item.as_str() {
                Some(_) => mistake.remedy("put the project into brackets: [\"...\"]"),
                None => mistake.remedy("put a checkpoint with dots or colons into quotes"),
            });
            return Vec::new();
        };
        let mut items: Vec<ProjectItem> = Vec::with_capacity(array.len());
        for value in array {
            let span = value.span().unwrap_or_else(|| key.clone());
            let Value::String(text) = value else {
                let message = format!("expected a project id, found {}", value.type_name());
                self.error(Mistake::new(span, message));
                continue;
            };
            let Some(id) = self.id::<ProjectId>(text.value(), &span) else {
                continue;
            };
            if items.iter().any(|item| item.id == id) {
                self.error(Mistake::new(span, format!("the project {id} occurs twice")));
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
                self.error(Mistake::new(span.clone(), reason));
                return None;
            }
        };
        let reason = match ids::read(&expanded) {
            Ok(id) => return Some(id),
            Err(reason) => reason,
        };
        let mistake = Mistake::new(span.clone(), format!("invalid {}: {reason}", T::NAME));
        match ids::accept(&expanded) {
            Ok(id) if self.is_exported(span) => {
                let message = format!("unusual {}: {reason}", T::NAME);
                self.parsed.warnings.push(Mistake { message, ..mistake });
                Some(id)
            }
            _ => {
                self.error(mistake);
                None
            }
        }
    }

    /// Whether the line above the id is the comment of `export`.
    fn is_exported(&self, span: &Range<usize>) -> bool {
        let before = self.text.get(..span.start).unwrap_or_default();
        let mut lines = before.rsplit('\n');
        lines.next();
        lines.next().is_some_and(|line| line.trim() == UNUSUAL)
    }
}
