//! The log on stderr.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use super::LogFormat;
use crate::error::StartError;

/// Sends the log to stderr, unless it goes somewhere already.
pub(super) fn init(format: LogFormat, level: Option<&str>) -> Result<(), StartError> {
    let level: LevelFilter = level.unwrap_or("info").parse().map_err(|_| {
        StartError::new(format!(
            "failed to set the log level: '{}' is none; give error, warn, info, debug, trace or off",
            level.unwrap_or_default()
        ))
    })?;
    // The libraries below log what is theirs, statements and packets; only their troubles matter.
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("permissions_server", level);
    let layer = fmt::layer().with_writer(std::io::stderr);
    let layer = match format {
        LogFormat::Text => layer
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_filter(filter).boxed(),
    };
    // An error means that the process logs already, and so do we, there.
    let _ = registry().with(layer).try_init();
    Ok(())
}
