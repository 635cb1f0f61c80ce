//! Settings of the client and their origin. Options override the environment, which overrides the profile.

mod key;
mod preferences;
mod profile;
mod protocol;
mod proxy;
mod setting;
mod tls;

use permissions_ext::ClientBuilder;
use secrecy::SecretString;

use self::key::KeySource;
pub(crate) use self::key::masked;
pub(crate) use self::preferences::Preferences;
pub(crate) use self::profile::config_file;
pub(crate) use self::protocol::speaks_other_protocol;
pub(crate) use self::proxy::proxy;
pub(crate) use self::setting::{Origin, Setting};
pub(crate) use self::tls::Tls;
use crate::failure::Failure;
use crate::options::Global;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

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
        let (name, profile) = profile::read(global.profile.as_deref())?.unzip();
        let profile = profile.unwrap_or_default();
        let profile_name = name.clone().unwrap_or_default();
        // Looks a setting up by its name in the options and in the profile.
        macro_rules! find {
            ($option:ident, $setting:ident, $flag:literal, $variable:expr) => {{
                let in_profile = (
                    profile.$setting,
                    profile_name.as_str(),
                    stringify!($setting),
                );
                first(($flag, &global.$option), $variable, in_profile)?
            }};
        }
        let default = || Setting {
            value: DEFAULT_BASE_URL.to_owned(),
            origin: Origin::Default,
        };
        let key_command = profile.key_command.map(|command| Setting {
            value: command.words(),
            origin: Origin::Profile(profile_name.clone(), "key_command"),
        });
        Ok(Self {
            base_url: find!(base_url, base_url, "--base-url", Some("OPENAI_BASE_URL"))
                .unwrap_or_else(default),
            organization: find!(
                organization,
                organization,
                "--organization",
                Some("OPENAI_ORG_ID")
            ),
            project: find!(
                api_project,
                project,
                "--api-project",
                Some("OPENAI_PROJECT_ID")
            ),
            tls: Tls {
                roots: find!(ca_file, ca_file, "--ca-file", None),
                certificate: find!(
                    mtls_client_cert_file,
                    mtls_client_cert_file,
                    "--mtls-client-cert-file",
                    Some(tls::CERTIFICATE)
                ),
                key: find!(
                    mtls_client_key_file,
                    mtls_client_key_file,
                    "--mtls-client-key-file",
                    Some(tls::KEY)
                ),
            },
            key: KeySource::choose(find!(key_file, key_file, "--key-file", None), key_command)?,
            profile: name,
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
        if url.scheme() != "http" || self.allow_http || proxy::is_loopback(&url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        Err(Failure::usage(format!(
            "the base URL ({origin}) uses plain http, which would send the admin key unencrypted to {host}"
        ))
        .remedy("use https, or allow it with --allow-http"))
    }
}

/// Returns the value of the option, or of the variable unless it is blank, or of the profile. The names are parts of
/// the origin.
fn first<T: Clone + From<String>>(
    (flag, option): (&'static str, &Option<T>),
    variable: Option<&'static str>,
    (in_profile, profile, setting): (Option<String>, &str, &'static str),
) -> Result<Option<Setting<T>>, Failure> {
    if let Some(value) = option.clone() {
        return Ok(Some(Setting {
            value,
            origin: Origin::Option(flag),
        }));
    }
    if let Some(name) = variable
        && let Some(value) = std::env::var_os(name)
    {
        let value = value.into_string();
        let value = value.map_err(|_| Failure::usage(format!("{name} is not valid UTF-8")))?;
        if !value.trim().is_empty() {
            let value = T::from(value.trim().to_owned());
            return Ok(Some(Setting {
                value,
                origin: Origin::Variable(name),
            }));
        }
    }
    let origin = Origin::Profile(profile.to_owned(), setting);
    Ok(in_profile.map(|value| Setting {
        value: T::from(value),
        origin,
    }))
}
