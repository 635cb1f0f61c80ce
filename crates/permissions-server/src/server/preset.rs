//! Permissions and projects that exist when the server starts.

use std::collections::HashSet;

use crate::clock::Clock;
use crate::error::StartError;
use crate::id::check;
use crate::store::{Creation, Project, Store, StoreError};

/// The configured permissions and projects.
#[derive(Debug, Default)]
pub(crate) struct Presets {
    /// Checkpoints with the projects that may use them.
    pub(super) permissions: Vec<(String, Vec<String>)>,
    pub(crate) projects: Vec<ProjectPreset>,
}

/// A project to create or update.
#[derive(Debug, Clone)]
pub(crate) struct ProjectPreset {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) archived: bool,
}

impl ProjectPreset {
    /// Checks the id and the name. Returns the reason if one is invalid.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Self { id, name, .. } = self;
        check(id).map_err(|reason| format!("the project id '{id}' {reason}"))?;
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(format!(
                "the name of project '{id}' is blank or contains a control character; use printable characters"
            ));
        }
        Ok(())
    }
}

impl Presets {
    /// Creates the missing permissions and projects, and updates existing projects.
    pub(super) async fn create(self, store: &Store, clock: Clock) -> Result<(), StartError> {
        for (checkpoint, mut project_ids) in self.permissions {
            for id in project_ids.iter().chain([&checkpoint]) {
                check(id).map_err(|error| {
                    StartError::new(format!(
                        "failed to create an initial permission: '{id}' {error}"
                    ))
                })?;
            }
            let mut seen = HashSet::new();
            project_ids.retain(|project_id| seen.insert(project_id.clone()));
            let creation = Creation {
                checkpoint,
                project_ids,
                created_at: clock.now(),
            };
            store
                .create(creation)
                .await
                .map_err(failed("initial permissions"))?;
        }
        if self.projects.is_empty() {
            return Ok(());
        }
        let now = clock.now();
        let projects = self.projects.into_iter().map(|preset| {
            let reason = preset.check();
            reason.map_err(|reason| {
                StartError::new(format!("failed to create an initial project: {reason}"))
            })?;
            Ok(Project {
                id: preset.id,
                name: preset.name,
                created_at: now,
                archived_at: preset.archived.then_some(now),
            })
        });
        let projects = projects.collect::<Result<_, StartError>>()?;
        store
            .put_projects(projects)
            .await
            .map_err(failed("initial projects"))
    }
}

fn failed(what: &str) -> impl FnOnce(StoreError) -> StartError {
    move |error| StartError::with_source(format!("failed to create {what}: {error}"), error)
}
