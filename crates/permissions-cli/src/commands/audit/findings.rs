//! The result of an audit: each project's access to each checkpoint, compared with a manifest or not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use permissions_ext::audit::{CheckpointAudit, CheckpointDrift, Drift, DriftState, Report};
use permissions_ext::{CheckpointId, Permission, ProjectId};

/// A project's access to the checkpoint of its row.
#[derive(Clone, Copy)]
pub(super) struct Finding<'a> {
    pub(super) permission: Option<&'a Permission>,
    /// `None` without a comparison.
    pub(super) state: Option<DriftState>,
}

impl Finding<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self.state {
            Some(DriftState::Extra) => "extra",
            Some(DriftState::Missing) => "missing",
            Some(_) => "unchanged",
            None => "access",
        }
    }
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
                    None => present(live, None).collect(),
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

    pub(super) fn count(&self, filter: impl Fn(&Finding<'_>) -> bool) -> usize {
        let findings = self
            .rows
            .iter()
            .flat_map(|row| row.findings.iter().flatten());
        findings.filter(|(_, finding)| filter(finding)).count()
    }
}

fn compared(drift: &CheckpointDrift) -> BTreeMap<&ProjectId, Finding<'_>> {
    let missing = Finding {
        permission: None,
        state: Some(DriftState::Missing),
    };
    present(&drift.unchanged, Some(DriftState::Unchanged))
        .chain(present(&drift.extra, Some(DriftState::Extra)))
        .chain(drift.missing.iter().map(|project| (project, missing)))
        .collect()
}

fn present(
    permissions: &[Permission],
    state: Option<DriftState>,
) -> impl Iterator<Item = (&ProjectId, Finding<'_>)> {
    let finding = move |permission| Finding {
        permission: Some(permission),
        state,
    };
    permissions
        .iter()
        .map(move |permission| (&permission.project_id, finding(permission)))
}
