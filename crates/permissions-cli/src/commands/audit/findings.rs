//! The result of an audit: each project's access to each checkpoint, compared with a manifest or not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use permissions_ext::audit::{CheckpointAudit, CheckpointDrift, Drift, Report};
use permissions_ext::{CheckpointId, Permission, ProjectId};

/// The access of a project to a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Access, without a comparison.
    Access,
    /// Access, as in the manifest.
    Unchanged,
    /// Access that is not in the manifest.
    Extra,
    /// No access, although it is in the manifest.
    Missing,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Unchanged => "unchanged",
            Self::Extra => "extra",
            Self::Missing => "missing",
        }
    }
}

/// A project's access to the checkpoint of its row.
#[derive(Clone, Copy)]
pub(super) struct Finding<'a> {
    pub(super) permission: Option<&'a Permission>,
    pub(super) state: State,
}

/// The findings of a checkpoint by project. `None` if the checkpoint could not be read.
pub(super) struct Row<'a> {
    pub(super) checkpoint: &'a CheckpointId,
    pub(super) findings: Option<BTreeMap<&'a ProjectId, Finding<'a>>>,
}

/// All findings, in the order of the command line.
pub(super) struct Findings<'a> {
    pub(super) rows: Vec<Row<'a>>,
    /// All projects with a finding.
    pub(super) projects: BTreeSet<&'a ProjectId>,
    pub(super) is_compared: bool,
}

impl<'a> Findings<'a> {
    pub(super) fn new(report: &'a Report, drift: Option<&'a Drift>) -> Self {
        let drifts: HashMap<&CheckpointId, &CheckpointDrift> = drift
            .iter()
            .flat_map(|drift| &drift.checkpoints)
            .map(|drift| (&drift.checkpoint, drift))
            .collect();
        let row = |audited: &'a CheckpointAudit| Row {
            checkpoint: &audited.checkpoint,
            findings: audited.result.as_ref().ok().map(|live| {
                match drifts.get(&audited.checkpoint) {
                    Some(drift) => compared(drift),
                    // The manifest does not contain this checkpoint.
                    None => present(live, State::Access).collect(),
                }
            }),
        };
        let rows: Vec<Row<'a>> = report.results().iter().map(row).collect();
        let findings = rows.iter().flat_map(|row| row.findings.iter().flatten());
        Self {
            projects: findings.map(|(project, _)| *project).collect(),
            rows,
            is_compared: drift.is_some(),
        }
    }

    pub(super) fn count(&self, state: State) -> usize {
        let findings = self
            .rows
            .iter()
            .flat_map(|row| row.findings.iter().flatten());
        findings
            .filter(|(_, finding)| finding.state == state)
            .count()
    }

    /// The number of live permissions.
    pub(super) fn live(&self) -> usize {
        let findings = self
            .rows
            .iter()
            .flat_map(|row| row.findings.iter().flatten());
        findings
            .filter(|(_, finding)| finding.permission.is_some())
            .count()
    }
}

fn compared(drift: &CheckpointDrift) -> BTreeMap<&ProjectId, Finding<'_>> {
    let missing = drift.missing.iter().map(|project| {
        let finding = Finding {
            permission: None,
            state: State::Missing,
        };
        (project, finding)
    });
    present(&drift.unchanged, State::Unchanged)
        .chain(present(&drift.extra, State::Extra))
        .chain(missing)
        .collect()
}

fn present(
    permissions: &[Permission],
    state: State,
) -> impl Iterator<Item = (&ProjectId, Finding<'_>)> {
    permissions.iter().map(move |permission| {
        let finding = Finding {
            permission: Some(permission),
            state,
        };
        (&permission.project_id, finding)
    })
}
