//! Permissions that exist when the server starts.

use std::collections::HashSet;

use crate::clock::Clock;
use crate::error::StartError;
use crate::id::check;
use crate::store::{Creation, Store};

/// A checkpoint and the projects that may use it.
#[derive(Debug)]
pub(super) struct Preset {
    pub(super) checkpoint: String,
    pub(super) project_ids: Vec<String>,
}

/// Creates the missing permissions.
pub(super) async fn create(
    store: &Store,
    presets: Vec<Preset>,
    clock: Clock,
) -> Result<(), StartError> {
    for mut preset in presets {
        for id in preset.project_ids.iter().chain([&preset.checkpoint]) {
            check(id).map_err(|error| {
                StartError::new(format!(
                    "failed to create an initial permission: '{id}' {error}"
                ))
            })?;
        }
        let mut seen = HashSet::new();
        preset
            .project_ids
            .retain(|project_id| seen.insert(project_id.clone()));
        let creation = Creation {
            checkpoint: preset.checkpoint,
            project_ids: preset.project_ids,
            created_at: clock.now(),
        };
        store.create(creation).await.map_err(|error| {
            StartError::with_source(
                format!("failed to create initial permissions: {error}"),
                error,
            )
        })?;
    }
    Ok(())
}
