//! What an audit found: each project's access to each checkpoint, and whether it is wanted.

pub(crate) mod html;
pub(crate) mod matrix;

use std::collections::{BTreeMap, BTreeSet};

use permissions_ext::{CheckpointId, Desired, Permission, ProjectId, Report};

/// What is the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is access, and nothing speaks against it.
    Live,
    /// There is access that the manifest does not want.
    Unexpected,
    /// There is none, and the manifest wants it.
    Missing,
}

impl State {
    /// A word for machines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Unexpected => "unexpected",
            Self::Missing => "missing",
        }
    }
}

/// One project's access to one checkpoint.
pub(crate) struct Finding<'a> {
    pub(crate) checkpoint: &'a CheckpointId,
    pub(crate) project_id: &'a ProjectId,
    pub(crate) permission: Option<&'a Permission>,
    pub(crate) state: State,
}

/// One checkpoint with its findings by project; none where it could not be read.
pub(crate) struct Row<'a> {
    pub(crate) checkpoint: &'a CheckpointId,
    pub(crate) findings: Option<BTreeMap<&'a ProjectId, Finding<'a>>>,
    pub(crate) error: Option<String>,
}

/// Everything that was found, in the order the checkpoints were named.
pub(crate) struct Findings<'a> {
    rows: Vec<Row<'a>>,
    projects: BTreeSet<&'a ProjectId>,
    compared: bool,
}

impl<'a> Findings<'a> {
    /// Compares a report with what is wanted, where something is.
    pub(crate) fn new(report: &'a Report, desired: Option<&'a Desired>) -> Self {
        let rows: Vec<Row<'a>> = report
            .results()
            .iter()
            .map(|audited| {
                let checkpoint = &audited.checkpoint;
                let wanted = desired.and_then(|desired| desired.projects(checkpoint));
                let findings = audited
                    .result
                    .as_ref()
                    .ok()
                    .map(|live| compare(checkpoint, live, wanted));
                Row {
                    checkpoint,
                    findings,
                    error: audited.result.as_ref().err().map(ToString::to_string),
                }
            })
            .collect();
        let projects = rows
            .iter()
            .flat_map(|row| row.findings.iter().flatten())
            .map(|(project, _)| *project)
            .collect();
        Self {
            rows,
            projects,
            compared: desired.is_some(),
        }
    }

    /// The checkpoints, in the order they were named.
    pub(crate) fn checkpoints(&self) -> &[Row<'a>] {
        &self.rows
    }

    /// Every project with a finding, in order.
    pub(crate) fn projects(&self) -> &BTreeSet<&'a ProjectId> {
        &self.projects
    }

    /// Whether it was compared with what is wanted.
    pub(crate) fn compared(&self) -> bool {
        self.compared
    }

    /// Every finding, checkpoint by checkpoint.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Finding<'a>> {
        self.rows
            .iter()
            .flat_map(|row| row.findings.iter().flat_map(BTreeMap::values))
    }

    /// How many findings are so.
    pub(crate) fn count(&self, state: State) -> usize {
        self.all().filter(|finding| finding.state == state).count()
    }
}

/// A checkpoint that the manifest does not speak of is left alone, and so is not compared.
fn compare<'a>(
    checkpoint: &'a CheckpointId,
    live: &'a [Permission],
    wanted: Option<&'a BTreeSet<ProjectId>>,
) -> BTreeMap<&'a ProjectId, Finding<'a>> {
    let finding = |project_id, permission, state| Finding {
        checkpoint,
        project_id,
        permission,
        state,
    };
    let mut findings = BTreeMap::new();
    for permission in live {
        let project = &permission.project_id;
        let expected = wanted.is_none_or(|wanted| wanted.contains(project));
        let state = if expected {
            State::Live
        } else {
            State::Unexpected
        };
        findings.insert(project, finding(project, Some(permission), state));
    }
    for project in wanted.into_iter().flatten() {
        findings
            .entry(project)
            .or_insert_with(|| finding(project, None, State::Missing));
    }
    findings
}
