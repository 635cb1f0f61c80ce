//! TLS with a certificate and a private key from PEM files.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::StartError;

/// Reads a certificate chain and its private key. Fails if they do not match.
pub(super) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, StartError> {
    let no_certificate = |error| unreadable("certificate", certificate, error);
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(no_certificate)?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("private key", key, error))?;
    if chain.is_empty() {
        return Err(no_certificate(pem::Error::NoItemsFound));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|versions| {
            versions
                .with_no_client_auth()
                .with_single_cert(chain, private)
        })
        .map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            StartError::new(format!(
                "failed to use the certificate {certificate} with the private key {key}: {error}; \
                 use a certificate and its own private key"
            ))
        })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn unreadable(what: &str, file: &Path, error: pem::Error) -> StartError {
    let reason = match error {
        pem::Error::NoItemsFound => format!("the file contains no {what}"),
        _ => error.to_string(),
    };
    StartError::new(format!(
        "failed to read the {what} {}: {reason}; use a PEM file",
        file.display()
    ))
}
