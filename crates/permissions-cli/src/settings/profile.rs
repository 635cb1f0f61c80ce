//! Profiles: settings under a name, in a file in the platform's place.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

const VARIABLE: &str = "PERMISSIONS_PROFILE";
const DEFAULT: &str = "default";

/// The settings of one profile. There is no key among them: a file that is edited and copied is
/// no place for one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) base_url: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) project: Option<String>,
    pub(super) key_file: Option<String>,
    pub(super) ca_file: Option<String>,
    pub(super) mtls_client_cert_file: Option<String>,
    pub(super) mtls_client_key_file: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// Where the configuration file is, whether it exists or not; none without a home.
pub(crate) fn config_file() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy().ok()?.config_dir();
    Some(folder.join("permissions").join("config.toml"))
}

/// The profile asked for; else the one named `default`, where there is one.
pub(super) fn read(option: Option<&str>) -> Result<Option<(String, Profile)>, Failure> {
    let variable = std::env::var(VARIABLE)
        .ok()
        .filter(|name| !name.trim().is_empty());
    let asked = option.map(str::to_owned).or(variable);
    let Some(path) = config_file() else {
        return match asked {
            None => Ok(None),
            Some(name) => Err(Failure::new(
                Exit::Usage,
                format!(
                    "there is no profile {name}: without a home there is no configuration file"
                ),
            )),
        };
    };
    let text = match file::read(&path, file::MOST) {
        Ok(text) => text,
        // A file out of reach says nothing, as one that is not there.
        Err(error)
            if asked.is_none()
                && matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory
                ) =>
        {
            return Ok(None);
        }
        Err(error) => {
            let place = path.display();
            return Err(Failure::new(
                Exit::Usage,
                format!("failed to read {place}: {error}"),
            ));
        }
    };
    // Without the line itself, which may hold a key by mistake.
    let mut config: Config = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.as_bytes().get(..start).unwrap_or_default();
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let reason = error.message().trim_end().replace('\n', "; ");
        Failure::new(Exit::Usage, format!("{}:{line}: {reason}", path.display()))
    })?;
    let name = asked.clone().unwrap_or_else(|| DEFAULT.to_owned());
    match config.profiles.remove(&name) {
        Some(profile) => Ok(Some((name, profile))),
        None if asked.is_none() => Ok(None),
        None => {
            let names: Vec<String> = config.profiles.into_keys().collect();
            let message = format!("there is no profile {name} in {}", path.display());
            let known = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            Err(Failure::new(Exit::Usage, message).remedy(format!("the profiles are: {known}")))
        }
    }
}
