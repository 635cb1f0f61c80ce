//! Permissions that are there from the start.

use crate::clock::Clock;
use crate::error::StartError;
use crate::id::check;
use crate::store::{Creation, Store};

/// The projects that a checkpoint is shared with.
#[derive(Debug)]
pub(super) struct Preset {
    pub(super) checkpoint: String,
    pub(super) project_ids: Vec<String>,
}

/// Creates them; those that exist stay as they are.
pub(super) async fn create(
    store: &Store,
    presets: Vec<Preset>,
    clock: Clock,
) -> Result<(), StartError> {
    for preset in presets {
        let ids = std::iter::once(&preset.checkpoint).chain(&preset.project_ids);
        for id in ids {
            check(id).map_err(|wrong| {
                StartError::new(format!("failed to preset a permission: '{id}' {wrong}"))
            })?;
        }
        let mut project_ids: Vec<String> = Vec::with_capacity(preset.project_ids.len());
        for project_id in preset.project_ids {
            if !project_ids.contains(&project_id) {
                project_ids.push(project_id);
            }
        }
        let creation = Creation {
            checkpoint: preset.checkpoint,
            project_ids,
            created_at: clock.now(),
        };
        store.create(creation).await.map_err(|error| {
            StartError::with_source(format!("failed to preset permissions: {error}"), error)
        })?;
    }
    Ok(())
}
