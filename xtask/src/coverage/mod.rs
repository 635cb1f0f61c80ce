//! `cargo xtask coverage`: which operations of a document can be had, and why not the others.
//!
//! Every operation is generated alone, without an overlay and with every repair; those that are
//! generated are then compiled together in one crate, because generating is not compiling.

mod compile;

use std::{collections::BTreeSet, fmt, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    generate::{self, Files},
    lower::{self, Repair},
    problem::{Note, Problems},
    select::{self, Request, Selection, Selector},
};

/// What became of every operation.
#[derive(Debug)]
pub struct Coverage {
    rows: Vec<Row>,
    compiled: bool,
}

/// What became of one operation.
#[derive(Debug)]
struct Row {
    request: Request,
    outcome: Outcome,
    /// What was given up for it.
    repairs: Vec<String>,
    /// The types that were generated for it alone, by which compiler errors are told apart.
    types: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Generated,
    Refused(String),
    Fails(String),
}

/// Generates each operation of a document alone.
///
/// # Errors
///
/// A document that is not OpenAPI or has no operations.
pub fn of(document: &Value) -> Result<Coverage> {
    let requests = select::requests(document);
    if requests.is_empty() {
        anyhow::bail!("failed to find any operations: the document's `paths` have none");
    }
    let rows = requests
        .into_iter()
        .map(|request| alone(document, request))
        .collect();
    Ok(Coverage {
        rows,
        compiled: false,
    })
}

impl Coverage {
    /// Compiles everything that was generated, together, in a crate below `folder`.
    ///
    /// `root` is the workspace, whose versions of dependencies are the ones compiled against.
    ///
    /// # Errors
    ///
    /// Operations that are generated alone but not together, and a compiler that cannot be run.
    pub fn compile(&mut self, document: &Value, root: &Path, folder: &Path) -> Result<()> {
        let generated: Vec<&Request> = self
            .rows
            .iter()
            .filter(|row| row.outcome == Outcome::Generated)
            .map(|row| &row.request)
            .collect();
        let files =
            together(document, &generated).context("failed to generate the operations together")?;
        let errors = compile::check(&files, root, folder)?;
        for error in errors {
            let mut owners: Vec<&mut Row> = self
                .rows
                .iter_mut()
                .filter(|row| row.types.contains(&error.item))
                .collect();
            if owners.is_empty() {
                anyhow::bail!(
                    "failed to compile what belongs to no operation: {}",
                    error.text
                );
            }
            for row in &mut owners {
                row.outcome = Outcome::Fails(error.text.clone());
            }
        }
        self.compiled = true;
        Ok(())
    }

    /// How many operations there are.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// How many were generated, and compiled if that was asked for.
    pub fn covered(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == Outcome::Generated)
            .count()
    }

    /// Whether every operation is either covered or refused for a reason.
    pub fn is_clean(&self) -> bool {
        !self
            .rows
            .iter()
            .any(|row| matches!(row.outcome, Outcome::Fails(_)))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.compiled {
            "compiles"
        } else {
            "generates"
        };
        writeln!(
            f,
            "| operation | outcome | reason or repair |\n| --- | --- | --- |"
        )?;
        for row in &self.rows {
            let repairs = row.repairs.join(", ");
            let (outcome, reason) = match &row.outcome {
                Outcome::Generated => (verb, repairs.as_str()),
                Outcome::Refused(reason) => ("refused", reason.as_str()),
                Outcome::Fails(reason) => ("fails", reason.as_str()),
            };
            writeln!(
                f,
                "| {} | {outcome} | {} |",
                row.request,
                reason.replace('\n', " ").replace('|', "\\|")
            )?;
        }
        writeln!(
            f,
            "\n{} of {} operations: {verb}",
            self.covered(),
            self.total()
        )
    }
}

fn alone(document: &Value, request: Request) -> Row {
    let mut notes = Vec::new();
    let outcome = files(document, selection(&[&request]), &mut notes);
    let repairs: BTreeSet<String> = notes
        .iter()
        .filter(|note| Repair::ALL.iter().any(|repair| repair.name() == note.rule))
        .map(|note| format!("{}: {}", note.rule, note.what))
        .collect();
    let (outcome, types) = match outcome {
        Ok(files) => (Outcome::Generated, compile::items(&files)),
        Err(problems) => {
            let reasons: Vec<String> = problems
                .list()
                .iter()
                .map(|problem| format!("{}; {}", problem.what, problem.remedy))
                .collect();
            (Outcome::Refused(reasons.join("; ")), BTreeSet::new())
        }
    };
    Row {
        request,
        outcome,
        repairs: repairs.into_iter().collect(),
        types,
    }
}

fn together(document: &Value, requests: &[&Request]) -> Result<Files, Problems> {
    files(document, selection(requests), &mut Vec::new())
}

fn files(document: &Value, selection: Selection, notes: &mut Vec<Note>) -> Result<Files, Problems> {
    let selected = select::select(document, &selection, notes)?;
    let lowered = lower::lower(selected, notes)?;
    generate::generate(&lowered)
}

/// Operations under names of their own, whatever the document calls them.
fn selection(requests: &[&Request]) -> Selection {
    let mut taken = BTreeSet::new();
    let operations = requests
        .iter()
        .map(|request| {
            let base = crate::names::snake(&request.to_string());
            let name = std::iter::once(base.clone())
                .chain((2..).map(|number| format!("{base}_v{number}")))
                .find(|name| taken.insert(name.clone()));
            Selector {
                request: Some((*request).clone()),
                operation_id: None,
                name,
                repair: Vec::new(),
            }
        })
        .collect();
    Selection {
        operations,
        repair: Repair::ALL.to_vec(),
    }
}
