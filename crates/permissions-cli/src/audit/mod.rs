//! What an audit found: each project's access to each checkpoint, and whether it is wanted.

pub(crate) mod html;
pub(crate) mod matrix;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use permissions_ext::{
    Audited, CheckpointDrift, CheckpointId, Drift, Permission, ProjectId, Report,
};

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
    pub(crate) findings: Option<ByProject<'a>>,
    pub(crate) error: Option<String>,
}

/// Everything that was found, in the order the checkpoints were named.
pub(crate) struct Findings<'a> {
    rows: Vec<Row<'a>>,
    projects: BTreeSet<&'a ProjectId>,
    compared: bool,
}

impl<'a> Findings<'a> {
    /// What a report says, and how it differs from what is wanted, where something is.
    pub(crate) fn new(report: &'a Report, drift: Option<&'a Drift>) -> Self {
        let drifts: HashMap<&CheckpointId, &CheckpointDrift> = drift
            .iter()
            .flat_map(|drift| &drift.checkpoints)
            .map(|drift| (&drift.checkpoint, drift))
            .collect();
        let row = |audited: &'a Audited| {
            let checkpoint = &audited.checkpoint;
            let findings = audited
                .result
                .as_ref()
                .map(|live| match drifts.get(checkpoint) {
                    Some(drift) => compared(drift),
                    // A checkpoint that the manifest does not speak of is left alone.
                    None => all(checkpoint, live, State::Live).collect(),
                });
            let (findings, error) = match findings {
                Ok(findings) => (Some(findings), None),
                Err(error) => (None, Some(error.to_string())),
            };
            Row {
                checkpoint,
                findings,
                error,
            }
        };
        let rows: Vec<Row<'a>> = report.results().iter().map(row).collect();
        let projects = rows
            .iter()
            .flat_map(|row| row.findings.iter().flatten())
            .map(|(project, _)| *project)
            .collect();
        Self {
            rows,
            projects,
            compared: drift.is_some(),
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

type ByProject<'a> = BTreeMap<&'a ProjectId, Finding<'a>>;

fn compared(drift: &CheckpointDrift) -> ByProject<'_> {
    let checkpoint = &drift.checkpoint;
    let missing = drift.missing.iter().map(|project_id| {
        let finding = Finding {
            checkpoint,
            project_id,
            permission: None,
            state: State::Missing,
        };
        (project_id, finding)
    });
    all(checkpoint, &drift.managed, State::Live)
        .chain(all(checkpoint, &drift.extra, State::Unexpected))
        .chain(missing)
        .collect()
}

fn all<'a>(
    checkpoint: &'a CheckpointId,
    permissions: &'a [Permission],
    state: State,
) -> impl Iterator<Item = (&'a ProjectId, Finding<'a>)> {
    permissions.iter().map(move |permission| {
        let project_id = &permission.project_id;
        let finding = Finding {
            checkpoint,
            project_id,
            permission: Some(permission),
            state,
        };
        (project_id, finding)
    })
}
