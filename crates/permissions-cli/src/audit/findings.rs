//! The result of an audit: each project's access to each checkpoint, compared with a manifest or not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use permissions_ext::audit::{CheckpointAudit, CheckpointDrift, Drift, DriftState, Report};
use permissions_ext::{CheckpointId, Error, Permission, ProjectId};

/// A project's access to the checkpoint of its row.
#[derive(Clone, Copy)]
pub(crate) struct Finding<'a> {
    pub(crate) permission: Option<&'a Permission>,
    /// `None` without a comparison.
    pub(crate) state: Option<DriftState>,
}

impl Finding<'_> {
    pub(crate) fn name(&self) -> &'static str {
        match self.state {
            Some(DriftState::Extra) => "extra",
            Some(DriftState::Missing) => "missing",
            Some(_) => "unchanged",
            None => "access",
        }
    }
}

/// The findings of a checkpoint.
pub(crate) struct Row<'a> {
    pub(crate) checkpoint: &'a CheckpointId,
    /// Whether the manifest contains the checkpoint. `None` without a comparison.
    pub(crate) is_managed: Option<bool>,
    /// The findings by project, or the reason why the checkpoint could not be read.
    pub(crate) findings: Result<BTreeMap<&'a ProjectId, Finding<'a>>, &'a Error>,
}

/// All findings, in the order of the command line.
pub(crate) struct Findings<'a> {
    pub(crate) rows: Vec<Row<'a>>,
    /// All projects with a finding.
    pub(crate) projects: BTreeSet<&'a ProjectId>,
    pub(crate) is_compared: bool,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a Report, drift: Option<&'a Drift>) -> Self {
        let drifts: HashMap<&CheckpointId, &CheckpointDrift> = drift
            .iter()
            .flat_map(|drift| &drift.checkpoints)
            .map(|drift| (&drift.checkpoint, drift))
            .collect();
        let unmanaged = |id| drift.map(|drift| drift.unmanaged.contains(id));
        let row = |audited: &'a CheckpointAudit| Row {
            checkpoint: &audited.checkpoint,
            is_managed: unmanaged(&audited.checkpoint).map(|unmanaged| !unmanaged),
            findings: audited.result.as_ref().map(|live| {
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

    pub(crate) fn count(&self, filter: impl Fn(&Finding<'_>) -> bool) -> usize {
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
