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
    problem::{Note, Problems},
    reference::follow,
    select::{self, Request, Selection, Selector},
    tree::entries,
};

/// The outcome of all operations.
#[derive(Debug)]
pub struct Coverage {
    rows: Vec<Row>,
    how: How,
}

/// The last step that was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Generated,
    Compiled,
    CompiledAlone,
}

/// The outcome of one operation.
#[derive(Debug)]
struct Row {
    request: Request,
    outcome: Outcome,
    /// Repairs that were applied, and values that the client cannot send.
    repairs: Vec<String>,
    /// Code generated for the operation alone. Its type names show which operation caused a compiler
    /// error.
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Generated,
    Refused(String),
    Fails(String),
}

/// Generates each operation of a document alone. `paths` limits them to paths with these prefixes.
///
/// # Errors
///
/// Returns an error if the document has no such operations.
pub fn of(document: &Value, paths: &[String]) -> Result<Coverage> {
    let mut requests = select::requests(document);
    if requests.is_empty() && entries(&document["paths"]).next().is_none() {
        bail!("failed to find any operations: the document's `paths` have none");
    }
    for path in paths {
        if let Some(first) = requests.first()
            && !requests
                .iter()
                .any(|request| request.path.starts_with(path))
        {
            bail!(
                "failed to find any operations on paths that begin with {path:?}; \
                 the first of the document is {:?}",
                first.path
            );
        }
    }
    if !paths.is_empty() {
        requests.retain(|request| paths.iter().any(|path| request.path.starts_with(path)));
    }
    let mut rows: Vec<Row> = requests
        .into_iter()
        .map(|request| alone(document, request))
        .collect();
    let is_selected =
        |path: &String| paths.is_empty() || paths.iter().any(|prefix| path.starts_with(prefix));
    for (path, item) in entries(&document["paths"]).filter(|(path, _)| is_selected(path)) {
        if let Err(reason) = follow(document, item) {
            let request = Request {
                method: "any".to_owned(),
                path: path.clone(),
            };
            let reason = format!("{reason}; bundle the document into one file");
            rows.push(Row {
                request,
                outcome: Outcome::Refused(reason),
                repairs: Vec::new(),
                code: String::new(),
            });
        }
    }
    Ok(Coverage {
        rows,
        how: How::Generated,
    })
}

impl Coverage {
    /// Compiles all generated operations in one crate in `folder`, and with `alone` also each one in
    /// its own crate. The versions of dependencies are those of the workspace `root`.
    ///
    /// # Errors
    ///
    /// Returns an error if operations cannot be generated together, or if cargo cannot be run.
    pub fn compile(
        &mut self,
        document: &Value,
        root: &Path,
        folder: &Path,
        alone: bool,
    ) -> Result<()> {
        let generated: Vec<(usize, &Row)> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.outcome == Outcome::Generated)
            .collect();
        let requests: Vec<&Request> = generated.iter().map(|(_, row)| &row.request).collect();
        let together =
            together(document, &requests).context("failed to generate the operations together")?;
        let mut packages = BTreeMap::from([(TOGETHER.to_owned(), together.as_str())]);
        if alone {
            let each = generated
                .iter()
                .map(|(row, at)| (package(*row), at.code.as_str()));
            packages.extend(each);
        }
        let errors = compile::check(&packages, root, folder)?;
        self.blame(errors)?;
        self.how = if alone {
            How::CompiledAlone
        } else {
            How::Compiled
        };
        Ok(())
    }

    /// Assigns compiler errors to operations.
    fn blame(&mut self, errors: Vec<CompileError>) -> Result<()> {
        for error in errors {
            let mut owned = false;
            for (index, row) in self.rows.iter_mut().enumerate() {
                let alone = error.package == package(index);
                if alone || error.package == TOGETHER && row.types().contains(&error.item) {
                    owned = true;
                    row.outcome = Outcome::Fails(error.text.clone());
                }
            }
            if !owned {
                bail!(
                    "failed to compile code outside of all operations: {}",
                    error.text
                );
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
        self.rows
            .iter()
            .filter(|row| row.outcome == Outcome::Generated)
            .count()
    }

    /// Returns whether no operation failed to compile.
    pub fn is_clean(&self) -> bool {
        !self
            .rows
            .iter()
            .any(|row| matches!(row.outcome, Outcome::Fails(_)))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.how {
            How::Generated => "generates",
            How::Compiled => "compiles",
            How::CompiledAlone => "compiles, alone too",
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

impl Row {
    fn types(&self) -> BTreeSet<String> {
        compile::items(&self.code)
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
    let outcome = code(document, selection(&[&request]), &mut notes);
    let is_loss = |rule: &str| {
        Repair::ALL.iter().any(|repair| repair.name() == rule) || lower::LOSSES.contains(&rule)
    };
    let repairs: BTreeSet<String> = notes
        .iter()
        .filter(|note| is_loss(note.rule))
        .map(|note| format!("{}: {}", note.rule, note.what))
        .collect();
    let (outcome, code) = match outcome {
        Ok(code) => (Outcome::Generated, code),
        Err(problems) => {
            let reasons: Vec<String> = problems
                .list()
                .iter()
                .map(|problem| format!("{}: {}; {}", problem.at, problem.what, problem.remedy))
                .collect();
            (Outcome::Refused(reasons.join("; ")), String::new())
        }
    };
    Row {
        request,
        outcome,
        repairs: repairs.into_iter().collect(),
        code,
    }
}

fn together(document: &Value, requests: &[&Request]) -> Result<String, Problems> {
    code(document, selection(requests), &mut Vec::new())
}

fn code(document: &Value, selection: Selection, notes: &mut Vec<Note>) -> Result<String, Problems> {
    let mut selected = select::select(document, &selection, notes)?;
    lower::canonical(&mut selected, notes)?;
    let lowered = lower::lower(selected, notes)?;
    generate::generate(&lowered)
}

/// Returns a selection of the operations. Each name is derived from the request and is unique.
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
                line: 0,
            }
        })
        .collect();
    Selection {
        operations,
        repair: Repair::ALL.to_vec(),
    }
}
