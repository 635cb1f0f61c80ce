//! Which settings apply, and where each comes from: options before the environment, the
//! environment before the profile.

mod key;
mod profile;
mod tls;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use permissions_ext::ClientBuilder;
use secrecy::SecretString;

pub(crate) use self::key::masked;
use self::profile::Profile;
pub(crate) use self::profile::config_file;
use self::tls::Tls;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;

const BASE_URL: &str = "OPENAI_BASE_URL";
const ORGANIZATION: &str = "OPENAI_ORG_ID";
const PROJECT: &str = "OPENAI_PROJECT_ID";
const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    /// An option of the command line.
    Option(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A profile of the configuration file.
    Profile(String),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => f.write_str(name),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its origin.
pub(crate) struct Set<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// What a client is made from.
pub(crate) struct Settings {
    pub(crate) base_url: Set<String>,
    pub(crate) organization: Option<Set<String>>,
    pub(crate) project: Option<Set<String>>,
    /// The profile in use, if there is one.
    pub(crate) profile: Option<String>,
    pub(crate) tls: Tls,
    key_file: Option<Set<PathBuf>>,
    allow_http: bool,
}

impl Settings {
    /// Puts them together. The key is not read yet.
    pub(crate) fn read(global: &Global) -> Result<Self, Failure> {
        let profile = profile::read(global.profile.as_deref())?;
        let (name, profile) = match profile {
            Some((name, profile)) => (Some(name), profile),
            None => (None, Profile::default()),
        };
        let of_profile = |value: Option<String>| {
            let origin = Origin::Profile(name.clone().unwrap_or_default());
            value.map(|value| Set { value, origin })
        };
        let path_of_profile = |value: Option<String>| {
            of_profile(value).map(|set| Set {
                value: PathBuf::from(set.value),
                origin: set.origin,
            })
        };
        let base_url = pick("--base-url", &global.base_url, BASE_URL)?
            .or(of_profile(profile.base_url))
            .unwrap_or_else(|| Set {
                value: DEFAULT_BASE_URL.to_owned(),
                origin: Origin::Default,
            });
        let organization = pick("--organization", &global.organization, ORGANIZATION)?
            .or(of_profile(profile.organization));
        let project =
            pick("--api-project", &global.api_project, PROJECT)?.or(of_profile(profile.project));
        let key_file = match option("--key-file", &global.key_file) {
            Some(file) => Some(file),
            // A key in the environment is nearer than one in a profile.
            None if key::is_set() => None,
            None => path_of_profile(profile.key_file),
        };
        let tls = Tls {
            roots: option("--ca-file", &global.ca_file).or(path_of_profile(profile.ca_file)),
            certificate: option("--mtls-client-cert-file", &global.mtls_client_cert_file)
                .or_else(|| path_variable(tls::CERTIFICATE))
                .or(path_of_profile(profile.mtls_client_cert_file)),
            key: option("--mtls-client-key-file", &global.mtls_client_key_file)
                .or_else(|| path_variable(tls::KEY))
                .or(path_of_profile(profile.mtls_client_key_file)),
        };
        Ok(Self {
            base_url,
            organization,
            project,
            profile: name,
            tls,
            key_file,
            allow_http: global.allow_http,
        })
    }

    /// Reads the admin key.
    pub(crate) fn key(&self) -> Result<Set<SecretString>, Failure> {
        let file = self.key_file.as_ref();
        Ok(Set {
            value: key::read(file.map(|file| file.value.as_path()))?,
            origin: file.map_or(Origin::Variable(key::VARIABLE), |file| file.origin.clone()),
        })
    }

    /// The client that they describe.
    pub(crate) fn client(&self) -> Result<ClientBuilder, Failure> {
        let mut builder = permissions_ext::Client::builder()
            .admin_key(self.key()?.value)
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
        self.tls.apply(builder)
    }
}

fn option<T: Clone>(name: &'static str, given: &Option<T>) -> Option<Set<T>> {
    given.clone().map(|value| Set {
        value,
        origin: Origin::Option(name),
    })
}

/// A path in a variable; a blank one counts as none.
fn path_variable(name: &'static str) -> Option<Set<PathBuf>> {
    let is_blank = |value: &OsString| value.to_string_lossy().trim().is_empty();
    let value = std::env::var_os(name).filter(|value| !is_blank(value))?;
    Some(Set {
        value: value.into(),
        origin: Origin::Variable(name),
    })
}

/// An option, or else a variable with something in it.
fn pick(
    option: &'static str,
    given: &Option<String>,
    variable: &'static str,
) -> Result<Option<Set<String>>, Failure> {
    if given.is_some() {
        return Ok(self::option(option, given));
    }
    let Some(value) = std::env::var_os(variable) else {
        return Ok(None);
    };
    let value = value
        .into_string()
        .map_err(|_| Failure::new(Exit::Usage, format!("{variable} is not valid UTF-8")))?;
    Ok((!value.trim().is_empty()).then(|| Set {
        value: value.trim().to_owned(),
        origin: Origin::Variable(variable),
    }))
}
