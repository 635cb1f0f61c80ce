//! Permissions and projects that exist when the server starts.

use crate::error::StartError;
use crate::http::App;
use crate::id::{check, distinct};
use crate::store::{Creation, ProjectPreset, StoreError};

/// The configured permissions and projects.
#[derive(Debug, Default)]
pub(crate) struct Presets {
    /// Checkpoints with the projects that may use them.
    pub(super) permissions: Vec<(String, Vec<String>)>,
    pub(crate) projects: Vec<ProjectPreset>,
}

impl Presets {
    /// Creates the missing permissions and projects, and updates existing projects.
    pub(super) async fn create(self, app: &App) -> Result<(), StartError> {
        let invalid =
            |what, reason| StartError::new(format!("failed to create an initial {what}: {reason}"));
        let failed = |error: StoreError| {
            StartError::new(format!(
                "failed to create initial permissions and projects: {error}"
            ))
        };
        for (checkpoint, project_ids) in self.permissions {
            for id in project_ids.iter().chain([&checkpoint]) {
                check(id).map_err(|reason| invalid("permission", format!("'{id}' {reason}")))?;
            }
            let creation = Creation {
                checkpoint,
                project_ids: distinct(project_ids),
                created_at: app.clock.now(),
                ids: app.ids,
            };
            app.store.create(creation).await.map_err(failed)?;
        }
        for project in &self.projects {
            project
                .check()
                .map_err(|reason| invalid("project", reason))?;
        }
        if !self.projects.is_empty() {
            let put = app.store.put_projects(self.projects, app.clock.now());
            put.await.map_err(failed)?;
        }
        Ok(())
    }
}
