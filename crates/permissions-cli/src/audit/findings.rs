//! The result of an audit: each project's access to each checkpoint, optionally compared with a manifest.

use std::collections::{BTreeMap, BTreeSet};

use permissions_ext::audit::{CheckpointAudit, DriftState, Report};
use permissions_ext::sync::DesiredState;
use permissions_ext::{CheckpointId, Error, Permission, ProjectId};

/// The access of a project to a checkpoint.
#[derive(Clone, Copy)]
pub(crate) struct Finding<'a> {
    pub(crate) permission: Option<&'a Permission>,
    /// `None` if there is no manifest to compare with.
    pub(crate) state: Option<DriftState>,
}

impl Finding<'_> {
    pub(crate) fn name(&self) -> String {
        self.state
            .map_or_else(|| "access".to_owned(), |state| state.to_string())
    }
}

/// The findings of a checkpoint.
pub(crate) struct Row<'a> {
    pub(crate) checkpoint: &'a CheckpointId,
    /// Whether the manifest contains the checkpoint. `None` if there is no manifest to compare with.
    pub(crate) is_managed: Option<bool>,
    /// The findings by project, or the reason why the checkpoint could not be read.
    pub(crate) findings: Result<BTreeMap<&'a ProjectId, Finding<'a>>, &'a Error>,
}

/// The findings of all checkpoints, in the order in which the checkpoints were requested.
pub(crate) struct Findings<'a> {
    pub(crate) rows: Vec<Row<'a>>,
    /// All projects with a finding.
    pub(crate) projects: BTreeSet<&'a ProjectId>,
    pub(crate) is_compared: bool,
}

impl<'a> Findings<'a> {
    /// Compares a report with a manifest, if there is one.
    pub(crate) fn new(report: &'a Report, manifest: Option<&'a DesiredState>) -> Self {
        let row = |audited: &'a CheckpointAudit| {
            let desired = manifest.and_then(|manifest| manifest.projects(&audited.checkpoint));
            let result = audited.result.as_ref();
            Row {
                checkpoint: &audited.checkpoint,
                is_managed: manifest.map(|_| desired.is_some()),
                findings: result.map(|live| findings(live, desired)),
            }
        };
        let rows: Vec<Row<'a>> = report.results().iter().map(row).collect();
        let projects = rows.iter().flat_map(|row| row.findings.iter().flatten());
        Self {
            projects: projects.map(|(project, _)| *project).collect(),
            rows,
            is_compared: manifest.is_some(),
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

/// Compares the live permissions of a checkpoint with the projects of the manifest.
fn findings<'a>(
    live: &'a [Permission],
    desired: Option<&'a BTreeSet<ProjectId>>,
) -> BTreeMap<&'a ProjectId, Finding<'a>> {
    let missing = Finding {
        permission: None,
        state: Some(DriftState::Missing),
    };
    let desired_projects = desired.into_iter().flatten();
    let mut findings: BTreeMap<_, _> = desired_projects.map(|id| (id, missing)).collect();
    for permission in live {
        let is_desired = desired.map(|desired| desired.contains(&permission.project_id));
        let finding = Finding {
            permission: Some(permission),
            state: is_desired.map(|is_desired| {
                if is_desired {
                    DriftState::Unchanged
                } else {
                    DriftState::Extra
                }
            }),
        };
        findings.insert(&permission.project_id, finding);
    }
    findings
}
