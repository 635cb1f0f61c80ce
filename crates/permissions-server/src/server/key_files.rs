//! Reloads changed key files.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::error::StartError;
use crate::http::App;
use crate::keys::{FileStates, KeySource};

/// How often the key files are checked for changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Reloads the keys whenever a file differs from `loaded`. If a file is invalid, the keys stay unchanged.
pub(super) async fn watch(app: Arc<App>, source: Arc<KeySource>, mut loaded: FileStates) {
    let mut ticks = interval(CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let current = source.file_states();
        if current != loaded {
            loaded = current;
            if let Err(error) = reload(&app, &source) {
                tracing::error!(%error, "the keys stay unchanged");
            }
        }
    }
}

/// Reloads the keys.
pub(super) fn reload(app: &App, source: &KeySource) -> Result<(), StartError> {
    app.keys.replace(source.load()?.set);
    tracing::info!("reloaded the keys");
    Ok(())
}
