//! Settings of the client and their origin. Options override the environment, which overrides the profile.

mod connection;
mod key;
mod profile;
mod tls;

use std::ffi::OsStr;
use std::fmt;

use clap::ValueEnum as _;
use permissions_ext::ClientBuilder;
use secrecy::SecretString;

pub(crate) use self::connection::{proxy, speaks_other_protocol};
use self::key::KeySource;
pub(crate) use self::key::masked;
pub(crate) use self::profile::config_file;
pub(crate) use self::tls::Tls;
use crate::failure::Failure;
use crate::options::{ColorChoice, Format, Global, ProfileOptions};

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// The source of a setting. Options and profile settings are named after the fields of `ProfileOptions`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
    /// The profile and the name of the setting.
    Profile(String, &'static str),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => write!(f, "--{}", name.replace('_', "-")),
            Self::Variable(name) => f.write_str(name),
            Self::Profile(profile, name) => {
                // `--project` already filters lists, so the option for the project header has a prefix.
                let name = name.trim_start_matches("api_");
                write!(f, "{name} of profile {profile}")
            }
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its origin. `Display` writes the value.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T: AsRef<OsStr>> fmt::Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value.as_ref().to_string_lossy())
    }
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
        let profile = profile::read(global.profile.as_deref())?;
        let from = Sources {
            options: &global.profile_options,
            profile: profile.as_ref(),
        };
        let base_url = from.find("base_url", Some("OPENAI_BASE_URL"), |p| &p.base_url)?;
        let tls = Tls {
            roots: from.find("ca_file", None, |p| &p.ca_file)?,
            certificate: from.find("mtls_client_cert_file", Some(tls::CERTIFICATE), |p| {
                &p.mtls_client_cert_file
            })?,
            key: from.find("mtls_client_key_file", Some(tls::KEY), |p| {
                &p.mtls_client_key_file
            })?,
        };
        let key_file = from.find("key_file", None, |p| &p.key_file)?;
        let key_command = from.find("key_command", None, |p| &p.key_command)?;
        Ok(Self {
            base_url: base_url.unwrap_or_else(|| Setting {
                value: DEFAULT_BASE_URL.to_owned(),
                origin: Origin::Default,
            }),
            organization: from.find("organization", Some("OPENAI_ORG_ID"), |p| &p.organization)?,
            project: from.find("api_project", Some("OPENAI_PROJECT_ID"), |p| &p.api_project)?,
            tls,
            key: KeySource::choose(key_file, key_command)?,
            allow_http: global.allow_http,
            profile: profile.map(|(name, _)| name),
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
            .key_source(self.key_source())
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
        if url.scheme() != "http" || self.allow_http || connection::is_loopback(&url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        Err(Failure::usage(format!(
            "the base URL ({origin}) uses plain http, which would send the admin key unencrypted to {host}"
        ))
        .remedy("use https, or allow it with --allow-http"))
    }
}

/// The options of the command line and of the profile, with the name of the profile.
struct Sources<'a> {
    options: &'a ProfileOptions,
    profile: Option<&'a (String, ProfileOptions)>,
}

impl Sources<'_> {
    /// Returns the value of the option, else the value of the environment variable if that value is not blank, else the
    /// value of the profile.
    fn find<T: Clone + From<String>>(
        &self,
        name: &'static str,
        variable: Option<&'static str>,
        get: impl Fn(&ProfileOptions) -> &Option<T>,
    ) -> Result<Option<Setting<T>>, Failure> {
        let setting = |value, origin| Ok(Some(Setting { value, origin }));
        if let Some(value) = get(self.options).clone() {
            return setting(value, Origin::Option(name));
        }
        let value = variable.and_then(|name| Some((name, std::env::var_os(name)?)));
        if let Some((name, value)) = value {
            let value = value.into_string();
            let value = value.map_err(|_| Failure::usage(format!("{name} is not valid UTF-8")))?;
            if !value.trim().is_empty() {
                return setting(value.trim().to_owned().into(), Origin::Variable(name));
            }
        }
        match self.profile {
            Some((profile, options)) => Ok(get(options).clone().map(|value| Setting {
                value,
                origin: Origin::Profile(profile.clone(), name),
            })),
            None => Ok(None),
        }
    }
}

/// The format and the colours of the output, from options, environment and profile. The format is `None` if no source
/// sets a format.
pub(crate) fn output_settings(global: &Global) -> Result<(Option<Format>, ColorChoice), Failure> {
    // An invalid configuration file is ignored here. Commands that use the API report it when they read their settings.
    let profile = profile::read(global.profile.as_deref()).ok().flatten();
    let profile = profile.map(|(_, options)| options).unwrap_or_default();
    let format = match global.format() {
        Some(format) => Some(format),
        None => format_variable()?.or(profile.format),
    };
    let color = ColorChoice::resolve(global.profile_options.color, profile.color);
    Ok((format, color))
}

fn format_variable() -> Result<Option<Format>, Failure> {
    const VARIABLE: &str = "PERMISSIONS_FORMAT";
    let name = std::env::var(VARIABLE).unwrap_or_default();
    if name.trim().is_empty() {
        return Ok(None);
    }
    Format::from_str(name.trim(), true).map(Some).map_err(|_| {
        let known = Format::value_variants().iter();
        let known = known.filter_map(|format| format.to_possible_value());
        let names: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
        Failure::usage(format!("unknown format {name:?} in {VARIABLE}"))
            .remedy(format!("use one of {}", names.join(", ")))
    })
}
