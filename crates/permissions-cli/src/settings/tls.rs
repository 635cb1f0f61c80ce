//! Certificates: whom to trust beyond the system's roots, and what to prove oneself with.

use std::path::{Path, PathBuf};

use permissions_ext::ClientBuilder;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Origin, Set};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

pub(super) const CERTIFICATE: &str = "OPENAI_MTLS_CLIENT_CERT_FILE";
pub(super) const KEY: &str = "OPENAI_MTLS_CLIENT_KEY_FILE";

/// More bytes than any bundle of certificates has.
const MOST: u64 = 8 << 20;

/// The files, which are not read yet.
pub(crate) struct Tls {
    pub(crate) roots: Option<Set<PathBuf>>,
    pub(crate) certificate: Option<Set<PathBuf>>,
    pub(crate) key: Option<Set<PathBuf>>,
}

impl Tls {
    /// Gives a client what is in the files.
    pub(super) fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if let Some(roots) = &self.roots {
            builder = builder.root_certificates(read(roots)?.expose_secret());
        }
        match (&self.certificate, &self.key) {
            (None, None) => Ok(builder),
            (Some(certificate), Some(key)) => Ok(builder.client_certificate(
                read(certificate)?.expose_secret(),
                read(key)?.expose_secret(),
            )),
            (Some(certificate), None) => Err(alone(certificate, "certificate", "its key")
                .remedy(format!("give the key too: --mtls-client-key-file or {KEY}"))),
            (None, Some(key)) => Err(alone(key, "key", "its certificate").remedy(format!(
                "give the certificate too: --mtls-client-cert-file or {CERTIFICATE}"
            ))),
        }
    }
}

/// Read as a secret, as a key may be in either.
fn read(set: &Set<PathBuf>) -> Result<SecretString, Failure> {
    match file::read(&set.value, MOST) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(Failure::new(
            Exit::Usage,
            format!("failed to read {}: {error}", named(&set.value, &set.origin)),
        )
        .remedy("name a PEM file that you may read")),
    }
}

fn alone(set: &Set<PathBuf>, what: &str, other: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!(
            "the client {what} {} is given without {other}",
            named(&set.value, &set.origin)
        ),
    )
}

fn named(path: &Path, origin: &Origin) -> String {
    format!("{} ({origin})", path.display())
}
