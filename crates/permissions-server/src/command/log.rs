//! The log on stderr.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use super::LogFormat;
use crate::error::StartError;

/// Logs to stderr, unless the process has already set up `tracing`.
pub(super) fn init(format: LogFormat, level: &str) -> Result<(), StartError> {
    let filter: LevelFilter = level.parse().map_err(|_| {
        StartError::new(format!(
            "unknown log level '{level}'; use error, warn, info, debug, trace or off"
        ))
    })?;
    // Libraries log each SQL statement and packet, so only their warnings are logged.
    let targets = Targets::new()
        .with_default(filter.min(LevelFilter::WARN))
        .with_target("permissions_server", filter);
    let layer = fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // Fails if the process has already set up `tracing`. The configuration of the process then applies.
    let _ = registry().with(layer.with_filter(targets)).try_init();
    Ok(())
}
