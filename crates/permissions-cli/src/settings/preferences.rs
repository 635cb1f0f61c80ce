//! Preferences for output, from options, environment and profile.

use clap::ValueEnum as _;

use super::profile;
use crate::failure::Failure;
use crate::format::Format;
use crate::options::Global;
use crate::style::ColorChoice;

const FORMAT: &str = "PERMISSIONS_FORMAT";

/// Format and colour of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preferences {
    /// `None` if nothing sets a format.
    pub(crate) format: Option<Format>,
    pub(crate) color: ColorChoice,
}

impl Preferences {
    pub(crate) fn read(global: &Global) -> Result<Self, Failure> {
        // Commands that use the API report an invalid configuration file when they read their settings.
        let profile = profile::read(global.profile.as_deref()).ok().flatten();
        let profile = profile.map(|(_, profile)| profile).unwrap_or_default();
        let format = match global.format() {
            Some(format) => Some(format),
            None => from_environment()?.or(profile.format),
        };
        Ok(Self {
            format,
            color: ColorChoice::resolve(global.color, profile.color),
        })
    }
}

fn from_environment() -> Result<Option<Format>, Failure> {
    let Ok(name) = std::env::var(FORMAT) else {
        return Ok(None);
    };
    if name.trim().is_empty() {
        return Ok(None);
    }
    Format::from_str(name.trim(), true).map(Some).map_err(|_| {
        let known = Format::value_variants()
            .iter()
            .filter_map(|format| format.to_possible_value());
        let names: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
        Failure::usage(format!("unknown format {name:?} in {FORMAT}"))
            .remedy(format!("use one of {}", names.join(", ")))
    })
}
