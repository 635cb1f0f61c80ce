use std::fmt;

use http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::options::{ORGANIZATION, PROJECT, RequestOptions};

/// The API, organization and project whose permissions a plan changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Target {
    /// Base URL of the API, or the name from [`ClientBuilder::target_name`](crate::ClientBuilder::target_name).
    pub base_url: String,
    /// Value of the header `OpenAI-Organization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Value of the header `OpenAI-Project`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

impl Client {
    /// Returns the target of this client's plans.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::new(self, &RequestOptions::default())
    }
}

impl Target {
    /// Returns the target of a request. Headers of the request override those of the client.
    pub(super) fn new(client: &Client, options: &RequestOptions) -> Self {
        let transport = client.transport();
        let header = |name: HeaderName| {
            let own = options.header(&name);
            let value = own.unwrap_or_else(|| transport.headers().get(&name));
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let name = transport.target_name.as_deref();
        Self {
            base_url: name.unwrap_or(client.base_url()).to_owned(),
            organization: header(ORGANIZATION),
            project: header(PROJECT),
        }
    }
}

/// Writes the base URL, and organization and project in parentheses.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base_url)?;
        match (&self.organization, &self.project) {
            (None, None) => Ok(()),
            (Some(organization), None) => write!(f, " (organization {organization})"),
            (None, Some(project)) => write!(f, " (project {project})"),
            (Some(organization), Some(project)) => {
                write!(f, " (organization {organization}, project {project})")
            }
        }
    }
}
