//! `cargo xtask coverage`: lists the operations that can be generated, and the reasons why others
//! cannot.
//!
//! Each operation is generated alone, without an overlay and with all repairs. The generated
//! operations are then compiled together in one crate, and on request each in its own crate.

mod compile;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use self::compile::CompileError;
use crate::{
    generate,
    lower::{self, Repair},
    names,
    problem::{Note, Problems},
    reference::follow,
    select::{self, Request, Selection, Selector},
    tree::entries,
};

/// The outcome of all operations.
#[derive(Debug)]
pub struct Coverage {
    rows: Vec<Row>,
    /// The last step that was run, as a verb for the summary: "generates" or "compiles".
    step: &'static str,
}

/// The outcome of one operation.
#[derive(Debug)]
struct Row {
    /// Method and path.
    request: Request,
    outcome: Outcome,
    /// Repairs that were applied, and values that the client cannot send.
    repairs: String,
    /// Code generated for this operation alone. A compiler error is assigned to the operation whose
    /// code declares the type with the error.
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Generated,
    Refused(String),
    Fails(String),
}

/// Generates each operation of a document alone. `prefixes` limits them to paths with these prefixes.
///
/// # Errors
///
/// Returns an error if the document has no such operations.
pub fn of(document: &Value, prefixes: &[String]) -> Result<Coverage> {
    let paths = &document["paths"];
    let Some((first, _)) = entries(paths).next() else {
        bail!("failed to find any operations: the document's `paths` have none");
    };
    for prefix in prefixes {
        if !entries(paths).any(|(path, _)| path.starts_with(prefix)) {
            bail!(
                "failed to find any operations on paths that begin with {prefix:?}; \
                 the first of the document is {first:?}"
            );
        }
    }
    let is_selected = |path: &String| {
        prefixes.is_empty() || prefixes.iter().any(|prefix| path.starts_with(prefix))
    };
    let requests = select::requests(document).into_iter();
    let requests = requests.filter(|request| is_selected(&request.path));
    let mut rows: Vec<Row> = requests.map(|request| alone(document, request)).collect();
    for (path, item) in entries(paths).filter(|(path, _)| is_selected(path)) {
        if let Err(reason) = follow(document, item) {
            rows.push(Row {
                request: Request {
                    method: "any".to_owned(),
                    path: path.clone(),
                },
                outcome: Outcome::Refused(format!("{reason}; bundle the document into one file")),
                repairs: String::new(),
                code: String::new(),
            });
        }
    }
    Ok(Coverage {
        rows,
        step: "generates",
    })
}

impl Coverage {
    /// Compiles all generated operations in one crate, and with `alone` also each one in
    /// its own crate. The versions of dependencies are those of the workspace `root`.
    ///
    /// # Errors
    ///
    /// Returns an error if operations cannot be generated together, or if cargo cannot be run.
    pub fn compile(&mut self, document: &Value, root: &Path, alone: bool) -> Result<()> {
        let rows = self.rows.iter().enumerate();
        let generated = rows.filter(|(_, row)| row.outcome == Outcome::Generated);
        let generated: Vec<(usize, &Row)> = generated.collect();
        let requests: Vec<&Request> = generated.iter().map(|(_, row)| &row.request).collect();
        let together = code(document, selection(&requests), &mut Vec::new())
            .context("failed to generate the operations together")?;
        let mut packages = BTreeMap::from([(TOGETHER.to_owned(), together.as_str())]);
        self.step = "compiles";
        if alone {
            self.step = "compiles, alone too";
            let each = generated
                .iter()
                .map(|(row, at)| (package(*row), at.code.as_str()));
            packages.extend(each);
        }
        let errors = compile::check(&packages, root)?;
        self.blame(errors)
    }

    /// Assigns compiler errors to operations.
    fn blame(&mut self, errors: Vec<CompileError>) -> Result<()> {
        for CompileError {
            package: name,
            item,
            text,
        } in errors
        {
            let mut is_owned = false;
            for (index, row) in self.rows.iter_mut().enumerate() {
                let is_owner = name == package(index)
                    || name == TOGETHER && compile::items(&row.code).contains(&item);
                if is_owner {
                    is_owned = true;
                    row.outcome = Outcome::Fails(text.clone());
                }
            }
            if !is_owned {
                bail!("failed to compile code that belongs to no operation: {text}");
            }
        }
        Ok(())
    }

    /// Returns the number of operations.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// Returns the number of operations that were generated, and compiled if requested.
    pub fn covered(&self) -> usize {
        let outcomes = self.rows.iter().map(|row| &row.outcome);
        outcomes
            .filter(|outcome| **outcome == Outcome::Generated)
            .count()
    }

    /// Returns true if no operation failed to compile.
    pub fn is_clean(&self) -> bool {
        let mut outcomes = self.rows.iter().map(|row| &row.outcome);
        !outcomes.any(|outcome| matches!(outcome, Outcome::Fails(_)))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| operation | outcome | reason or repair |\n| --- | --- | --- |"
        )?;
        for row in &self.rows {
            let (outcome, reason) = match &row.outcome {
                Outcome::Generated => (self.step, &row.repairs),
                Outcome::Refused(reason) => ("refused", reason),
                Outcome::Fails(reason) => ("fails", reason),
            };
            let reason = reason.replace('\n', " ").replace('|', "\\|");
            writeln!(f, "| {} | {outcome} | {reason} |", row.request)?;
        }
        let (covered, total) = (self.covered(), self.total());
        writeln!(f, "\n{covered} of {total} operations: {}", self.step)
    }
}

/// Name of the crate that contains all operations.
const TOGETHER: &str = "together";

/// Returns the name of the crate that contains one operation.
fn package(row: usize) -> String {
    format!("operation_{}", row + 1)
}

fn alone(document: &Value, request: Request) -> Row {
    let mut notes = Vec::new();
    let result = code(document, selection(&[&request]), &mut notes);
    let is_loss = |note: &&Note| {
        let is_repair = Repair::ALL.iter().any(|repair| repair.name() == note.rule);
        is_repair || lower::LOSSES.contains(&note.rule)
    };
    let losses = notes.iter().filter(is_loss);
    let repairs: BTreeSet<String> = losses
        .map(|note| format!("{}: {}", note.rule, note.what))
        .collect();
    let (outcome, code) = match result {
        Ok(code) => (Outcome::Generated, code),
        Err(problems) => {
            let reasons = problems.list().iter();
            let reasons = reasons
                .map(|problem| format!("{}: {}; {}", problem.at, problem.what, problem.remedy));
            let reasons: Vec<String> = reasons.collect();
            (Outcome::Refused(reasons.join("; ")), String::new())
        }
    };
    Row {
        request,
        outcome,
        repairs: repairs.into_iter().collect::<Vec<_>>().join(", "),
        code,
    }
}

fn code(document: &Value, selection: Selection, notes: &mut Vec<Note>) -> Result<String, Problems> {
    let mut selected = select::select(document, &selection, notes)?;
    lower::canonical(&mut selected, notes)?;
    let lowered = lower::lower(selected, notes)?;
    generate::generate(&lowered)
}

/// Returns a selection of the operations. Each operation has a unique name that is derived from its
/// method and path.
fn selection(requests: &[&Request]) -> Selection {
    let mut taken = BTreeSet::new();
    let operations = requests.iter().map(|request| {
        let base = names::snake(&request.to_string());
        Selector {
            request: Some((*request).clone()),
            name: Some(names::unique(&base, |name| taken.insert(name.to_owned()))),
            ..Selector::default()
        }
    });
    Selection {
        operations: operations.collect(),
        repair: Repair::ALL.to_vec(),
    }
}
