//! Profiles of the configuration file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::failure::Failure;
use crate::file;
use crate::options::ProfileOptions;

const VARIABLE: &str = "PERMISSIONS_PROFILE";
const DEFAULT: &str = "default";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    profiles: BTreeMap<String, ProfileOptions>,
}

/// The path of the configuration file. The file may not exist. `None` without a home directory.
pub(crate) fn config_file() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy().ok()?.config_dir();
    Some(folder.join("permissions").join("config.toml"))
}

/// Reads the profile that the option or the variable chooses, or the profile `default` if it exists.
pub(super) fn read(option: Option<&str>) -> Result<Option<(String, ProfileOptions)>, Failure> {
    let variable = std::env::var(VARIABLE)
        .ok()
        .filter(|name| !name.trim().is_empty());
    let chosen = option.map(str::to_owned).or(variable);
    let source = if option.is_some() {
        "--profile"
    } else {
        VARIABLE
    };
    let path = match (config_file(), &chosen) {
        (Some(path), _) => path,
        (None, None) => return Ok(None),
        (None, Some(name)) => {
            return Err(Failure::usage(format!(
                "unknown profile {name}: the configuration file cannot be found, because there is no home directory"
            )));
        }
    };
    let text = match (file::read(&path, file::MAX_BYTES), &chosen) {
        (Ok(text), _) => text,
        (Err(error), None) if is_out_of_reach(error.kind()) => return Ok(None),
        (Err(error), chosen) => {
            let failure = Failure::usage(format!("failed to read {}: {error}", path.display()));
            return Err(match chosen {
                Some(name) => failure.remedy(format!(
                    "create the file with a table [profiles.{name}], or leave out the profile {name} ({source})"
                )),
                None => failure,
            });
        }
    };
    // The line of the file is not printed, because the line may contain a key by mistake.
    let mut config: Config = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.as_bytes().get(..start).unwrap_or_default();
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let reason = error.message().trim_end().replace('\n', "; ");
        Failure::usage(format!("{}:{line}: {reason}", path.display()))
    })?;
    let name = chosen.clone().unwrap_or_else(|| DEFAULT.to_owned());
    match config.profiles.remove(&name) {
        Some(profile) => Ok(Some((name, profile))),
        None if chosen.is_none() => Ok(None),
        None => {
            let names: Vec<String> = config.profiles.into_keys().collect();
            let message = format!("unknown profile {name} in {}", path.display());
            Err(Failure::usage(message).remedy(if names.is_empty() {
                format!("add a table [profiles.{name}]")
            } else {
                format!("use one of {}", names.join(", "))
            }))
        }
    }
}

fn is_out_of_reach(error: ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory
    )
}
