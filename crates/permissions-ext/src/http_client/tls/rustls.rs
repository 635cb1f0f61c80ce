use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::NO_ROOT;
use crate::Error;

/// Selects rustls as the backend, with the crypto provider that the crate's feature enables. Neither uses nor sets the
/// default provider of the process, because that provider belongs to the program.
pub(super) fn configure(
    builder: ClientBuilder,
    needs_roots: bool,
    roots: &[Vec<u8>],
    identity: Option<(&[u8], &[u8])>,
) -> Result<ClientBuilder, Error> {
    #[cfg(feature = "rustls-ring")]
    let provider = rustls::crypto::ring::default_provider();
    #[cfg(not(feature = "rustls-ring"))]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let provider = Arc::new(provider);
    let fail = |cause: rustls::Error| {
        Error::config("TLS cannot be set up; are the system's root certificates installed?")
            .with_source(cause)
    };
    let roots = parse_roots(roots)?;
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(fail)?;
    let config = if needs_roots {
        let verifier = Verifier::new_with_extra_roots(roots, provider).map_err(fail)?;
        let config = config.dangerous();
        config.with_custom_certificate_verifier(Arc::new(verifier))
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    let mut config = match identity {
        Some((chain, key)) => config
            .with_client_auth_cert(parse_chain(chain)?, parse_key(key)?)
            .map_err(unusable_identity)?,
        None => config.with_no_client_auth(),
    };
    // reqwest does not set the ALPN protocols of a preconfigured backend.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(builder.tls_backend_preconfigured(config))
}

fn parse_roots(texts: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut roots = Vec::new();
    for text in texts {
        let certificates = parse(text).map_err(|cause| {
            Error::config("the root certificates cannot be read").with_source(cause)
        })?;
        if certificates.is_empty() {
            return Err(Error::config(NO_ROOT));
        }
        roots.extend(certificates);
    }
    // Checks each root first, because the verifier reports an unusable root and missing system roots with the same
    // error.
    let mut store = RootCertStore::empty();
    for root in &roots {
        store.add(root.clone()).map_err(|cause| {
            Error::config("one of the root certificates cannot be used").with_source(cause)
        })?;
    }
    Ok(roots)
}

fn parse_chain(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    parse(text)
        .map_err(|cause| Error::config("the client certificate cannot be read").with_source(cause))
}

fn parse(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(text).collect()
}

fn parse_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    // Omits the cause, because its text may contain a part of the key.
    PrivateKeyDer::from_pem_slice(text).map_err(|_| {
        Error::config("the key of the client certificate cannot be read: it is not valid PEM")
    })
}

/// Returns the error for a certificate and key that are valid PEM but not usable.
fn unusable_identity(cause: rustls::Error) -> Error {
    let reason = match cause {
        rustls::Error::InconsistentKeys(_) => "the client certificate and its key do not match",
        rustls::Error::InvalidCertificate(_) => "the client certificate cannot be used",
        _ => "the key of the client certificate cannot be used",
    };
    Error::config(reason).with_source(cause)
}
