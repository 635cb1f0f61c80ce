//! Taking changed key files into use.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::error::StartError;
use crate::http::App;
use crate::keys::{FilesState, KeySource};

/// How often the key files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Reads the key files again whenever one of them is no longer as it was when it was `taken`. A file
/// that cannot be taken leaves the keys as they are.
pub(super) async fn watch(app: Arc<App>, source: Arc<KeySource>, mut taken: FilesState) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let found = source.state();
        if found != taken {
            taken = found;
            if let Err(error) = reload(&app, &source) {
                tracing::error!(%error, "the keys stay as they were");
            }
        }
    }
}

/// Reads the key files again now.
pub(super) fn reload(app: &App, source: &KeySource) -> Result<(), StartError> {
    app.keys.replace(source.load()?.set);
    tracing::info!("the keys were read again");
    Ok(())
}
