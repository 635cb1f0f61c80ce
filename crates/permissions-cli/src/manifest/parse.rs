//! The text of one manifest, checked as a whole: every mistake is found at once, with its place.

use std::ops::Range;

use permissions_ext::{CheckpointId, ProjectId};
use toml_edit::{Document, Item, Key, Table, Value};

use super::variables::expand;
use crate::ids::{self, Id};

/// The one table of a manifest.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// A checkpoint and the projects that shall have access to it.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// Its key as written, variables and all.
    pub(super) key: String,
    pub(super) checkpoint: CheckpointId,
    pub(super) span: Range<usize>,
    pub(super) projects: Vec<Project>,
}

/// A project, where it stands in its array.
#[derive(Debug, PartialEq)]
pub(super) struct Project {
    pub(super) id: ProjectId,
}

/// What is wrong, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
}

impl Mistake {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
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

/// Reads a manifest.
pub(super) fn parse(text: &str, lookup: Lookup<'_>) -> Result<Vec<Entry>, Vec<Mistake>> {
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().trim_end().replace('\n', "; ");
        vec![Mistake::new(error.span().unwrap_or(0..0), message)]
    })?;
    let mut reader = Reader {
        lookup,
        entries: Vec::new(),
        mistakes: Vec::new(),
    };
    reader.document(document.as_table());
    if reader.mistakes.is_empty() {
        Ok(reader.entries)
    } else {
        Err(reader.mistakes)
    }
}

struct Reader<'a> {
    lookup: Lookup<'a>,
    entries: Vec<Entry>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn document(&mut self, table: &Table) {
        let mut found = false;
        for (name, item) in table {
            if name == CHECKPOINTS {
                found = true;
                self.checkpoints(item);
                continue;
            }
            let span = table.key(name).and_then(Key::span).or_else(|| item.span());
            let mistake = Mistake::new(
                span.unwrap_or(0..0),
                format!("nothing is known of {name:?} here"),
            );
            self.mistakes
                .push(mistake.remedy(if name.contains(':') || item.is_array() {
                    format!("checkpoints go below a line [{CHECKPOINTS}]")
                } else {
                    format!("a manifest holds the table [{CHECKPOINTS}] and nothing else")
                }));
        }
        if !found && self.mistakes.is_empty() {
            let mistake = Mistake::new(0..0, format!("the table [{CHECKPOINTS}] is missing"));
            self.mistakes.push(mistake.remedy(format!(
                "a manifest looks like this: [{CHECKPOINTS}], and below it \
                 \"ft:gpt-4o:acme\" = [\"proj_a\", \"proj_b\"]"
            )));
        }
    }

    fn checkpoints(&mut self, item: &Item) {
        let Some(table) = item.as_table_like() else {
            let span = item.span().unwrap_or(0..0);
            let message = format!("expected a table, found {}", item.type_name());
            self.mistakes.push(Mistake::new(span, message));
            return;
        };
        for (name, item) in table.iter() {
            let span = table.key(name).and_then(Key::span).unwrap_or(0..0);
            let checkpoint = self.id::<CheckpointId>(name, &span, "checkpoint");
            let projects = self.projects(item, &span);
            let Some(checkpoint) = checkpoint else {
                continue;
            };
            if self
                .entries
                .iter()
                .any(|entry| entry.checkpoint == checkpoint)
            {
                let message = format!("the checkpoint {checkpoint} is named twice");
                self.mistakes.push(Mistake::new(span, message));
                continue;
            }
            self.entries.push(Entry {
                key: name.to_owned(),
                checkpoint,
                span,
                projects,
            });
        }
    }

    fn projects(&mut self, item: &Item, key: &Range<usize>) -> Vec<Project> {
        let Some(array) = item.as_array() else {
            let span = item.span().unwrap_or_else(|| key.clone());
            let message = format!("expected an array of projects, found {}", item.type_name());
            let mistake = Mistake::new(span, message);
            self.mistakes.push(match item.as_str() {
                Some(_) => mistake.remedy("put it into brackets: [\"...\"]"),
                None => mistake.remedy("a key with dots or colons in it goes into quotes"),
            });
            return Vec::new();
        };
        let mut projects: Vec<Project> = Vec::with_capacity(array.len());
        for value in array {
            let span = value.span().unwrap_or_else(|| key.clone());
            let Value::String(text) = value else {
                let message = format!("expected a project id, found {}", value.type_name());
                self.mistakes.push(Mistake::new(span, message));
                continue;
            };
            let Some(id) = self.id::<ProjectId>(text.value(), &span, "project") else {
                continue;
            };
            if projects.iter().any(|project| project.id == id) {
                let message = format!("the project {id} is named twice");
                self.mistakes.push(Mistake::new(span, message));
                continue;
            }
            projects.push(Project { id });
        }
        projects
    }

    fn id<T: Id>(&mut self, text: &str, span: &Range<usize>, what: &str) -> Option<T> {
        match expand(text, self.lookup).and_then(|id| ids::read_any(&id)) {
            Ok(id) => Some(id),
            Err(reason) => {
                let message = format!("this is no {what} id: {reason}");
                self.mistakes.push(Mistake::new(span.clone(), message));
                None
            }
        }
    }
}
