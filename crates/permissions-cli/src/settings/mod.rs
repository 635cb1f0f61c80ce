//! Settings of the client and their origin. Options override the environment, which overrides the profile.

mod key;
mod preferences;
mod profile;
mod protocol;
mod proxy;
mod tls;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use permissions_ext::ClientBuilder;
use secrecy::SecretString;

use self::key::KeySource;
pub(crate) use self::key::masked;
pub(crate) use self::preferences::Preferences;
use self::profile::Profile;
pub(crate) use self::profile::config_file;
pub(crate) use self::protocol::speaks_other_protocol;
pub(crate) use self::proxy::proxy;
pub(crate) use self::tls::Tls;
use crate::failure::Failure;
use crate::options::Global;

const BASE_URL: &str = "OPENAI_BASE_URL";
const ORGANIZATION: &str = "OPENAI_ORG_ID";
const PROJECT: &str = "OPENAI_PROJECT_ID";
const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// The source of a setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
    /// A setting of a profile: the profile and the setting.
    Profile(String, &'static str),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => f.write_str(name),
            Self::Profile(profile, setting) => write!(f, "{setting} of profile {profile}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its origin.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// The settings of a client.
pub(crate) struct Settings {
    pub(crate) base_url: Setting<String>,
    pub(crate) organization: Option<Setting<String>>,
    pub(crate) project: Option<Setting<String>>,
    /// The name of the profile in use.
    pub(crate) profile: Option<String>,
    pub(crate) tls: Tls,
    key: KeySource,
    allow_http: bool,
}

impl Settings {
    /// Merges options, environment and profile. Does not read the key yet.
    pub(crate) fn read(global: &Global) -> Result<Self, Failure> {
        let found = profile::read(global.profile.as_deref())?;
        let (name, profile) = match found {
            Some((name, profile)) => (Some(name), profile),
            None => (None, Profile::default()),
        };
        let in_profile = |value: Option<String>, setting: &'static str| {
            let origin = Origin::Profile(name.clone().unwrap_or_default(), setting);
            value.map(|value| Setting { value, origin })
        };
        let path_in_profile = |value: Option<String>, setting: &'static str| {
            in_profile(value, setting).map(|found| Setting {
                value: PathBuf::from(found.value),
                origin: found.origin,
            })
        };
        let base_url = option_or_variable("--base-url", &global.base_url, BASE_URL)?
            .or(in_profile(profile.base_url, "base_url"))
            .unwrap_or_else(|| Setting {
                value: DEFAULT_BASE_URL.to_owned(),
                origin: Origin::Default,
            });
        let organization =
            option_or_variable("--organization", &global.organization, ORGANIZATION)?
                .or(in_profile(profile.organization, "organization"));
        let project = option_or_variable("--api-project", &global.api_project, PROJECT)?
            .or(in_profile(profile.project, "project"));
        let tls = Tls {
            roots: option("--ca-file", &global.ca_file)
                .or(path_in_profile(profile.ca_file, "ca_file")),
            certificate: option("--mtls-client-cert-file", &global.mtls_client_cert_file)
                .or_else(|| path_variable(tls::CERTIFICATE))
                .or(path_in_profile(
                    profile.mtls_client_cert_file,
                    "mtls_client_cert_file",
                )),
            key: option("--mtls-client-key-file", &global.mtls_client_key_file)
                .or_else(|| path_variable(tls::KEY))
                .or(path_in_profile(
                    profile.mtls_client_key_file,
                    "mtls_client_key_file",
                )),
        };
        let key = KeySource::choose(
            option("--key-file", &global.key_file),
            path_in_profile(profile.key_file, "key_file"),
            profile.key_command.map(|command| Setting {
                value: command.words(),
                origin: Origin::Profile(name.clone().unwrap_or_default(), "key_command"),
            }),
        )?;
        Ok(Self {
            base_url,
            organization,
            project,
            profile: name,
            tls,
            key,
            allow_http: global.allow_http,
        })
    }

    /// Reads the admin key.
    pub(crate) fn key(&self) -> Result<SecretString, Failure> {
        self.key.read()
    }

    /// Describes where the key comes from, such as `--key-file key.txt`.
    pub(crate) fn key_source(&self) -> String {
        self.key.to_string()
    }

    /// Creates a client with these settings.
    pub(crate) fn client(&self) -> Result<ClientBuilder, Failure> {
        self.check_encryption()?;
        let mut builder = permissions_ext::Client::builder()
            .admin_key(self.key()?)
            .base_url(&self.base_url.value);
        if let Some(organization) = &self.organization {
            builder = builder.organization(&organization.value);
        }
        if let Some(project) = &self.project {
            builder = builder.project(&project.value);
        }
        if self.allow_http {
            builder = builder.allow_http();
        }
        self.tls.configure(builder)
    }

    /// Refuses plain http to another machine, which would send the admin key unencrypted.
    fn check_encryption(&self) -> Result<(), Failure> {
        let Setting { value, origin } = &self.base_url;
        let Ok(url) = url::Url::parse(value) else {
            return Err(Failure::usage(format!(
                "invalid base URL ({origin}): it is not an absolute URL"
            ))
            .remedy("use a URL such as https://api.openai.com/v1"));
        };
        if url.scheme() != "http" || self.allow_http || protocol::is_loopback(&url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        Err(Failure::usage(format!(
            "the base URL ({origin}) uses plain http, which would send the admin key unencrypted to {host}"
        ))
        .remedy("use https, or allow it with --allow-http"))
    }
}

fn option<T: Clone>(name: &'static str, value: &Option<T>) -> Option<Setting<T>> {
    value.clone().map(|value| Setting {
        value,
        origin: Origin::Option(name),
    })
}

/// Reads a path from a variable. A blank variable counts as unset.
fn path_variable(name: &'static str) -> Option<Setting<PathBuf>> {
    let is_blank = |value: &OsString| value.to_string_lossy().trim().is_empty();
    let value = std::env::var_os(name).filter(|value| !is_blank(value))?;
    Some(Setting {
        value: value.into(),
        origin: Origin::Variable(name),
    })
}

/// Reads an option, or a variable that is not blank.
fn option_or_variable(
    option: &'static str,
    value: &Option<String>,
    variable: &'static str,
) -> Result<Option<Setting<String>>, Failure> {
    if value.is_some() {
        return Ok(self::option(option, value));
    }
    let Some(value) = std::env::var_os(variable) else {
        return Ok(None);
    };
    let value = value
        .into_string()
        .map_err(|_| Failure::usage(format!("{variable} is not valid UTF-8")))?;
    Ok((!value.trim().is_empty()).then(|| Setting {
        value: value.trim().to_owned(),
        origin: Origin::Variable(variable),
    }))
}
