//! Root certificates and the client certificate.

use std::path::PathBuf;

use permissions_ext::ClientBuilder;
use secrecy::{ExposeSecret as _, SecretString};

use super::Setting;
use crate::failure::Failure;
use crate::file;

pub(super) const CERTIFICATE: &str = "OPENAI_MTLS_CLIENT_CERT_FILE";
pub(super) const KEY: &str = "OPENAI_MTLS_CLIENT_KEY_FILE";

/// Limit for a file. The root certificates of an operating system are about 250 KiB.
const MAX_BYTES: u64 = 8 << 20;

/// The paths of PEM files.
pub(crate) struct Tls {
    pub(crate) roots: Option<Setting<PathBuf>>,
    pub(crate) certificate: Option<Setting<PathBuf>>,
    pub(crate) key: Option<Setting<PathBuf>>,
}

impl Tls {
    /// Reads the files and adds the certificates to a client.
    pub(super) fn configure(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if let Some(roots) = &self.roots {
            builder = builder.root_certificates(read(roots)?.expose_secret());
        }
        match (&self.certificate, &self.key) {
            (None, None) => Ok(builder),
            (Some(certificate), Some(key)) => Ok(builder.client_certificate(
                read(certificate)?.expose_secret(),
                read(key)?.expose_secret(),
            )),
            (Some(certificate), None) => Err(incomplete(certificate, "certificate", "private key")
                .remedy(format!(
                    "add the private key with --mtls-client-key-file or {KEY}"
                ))),
            (None, Some(key)) => Err(incomplete(key, "private key", "certificate").remedy(
                format!("add the certificate with --mtls-client-cert-file or {CERTIFICATE}"),
            )),
        }
    }
}

/// Reads a file as a secret, because both files may contain a private key.
fn read(file: &Setting<PathBuf>) -> Result<SecretString, Failure> {
    match file::read(&file.value, MAX_BYTES) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(
            Failure::usage(format!("failed to read {}: {error}", described(file)))
                .remedy("use a PEM file that you can read"),
        ),
    }
}

fn incomplete(file: &Setting<PathBuf>, present: &str, missing: &str) -> Failure {
    let file = described(file);
    Failure::usage(format!(
        "the client {present} {file} is set, but no client {missing}"
    ))
}

fn described(file: &Setting<PathBuf>) -> String {
    format!("{file} ({})", file.origin)
}
