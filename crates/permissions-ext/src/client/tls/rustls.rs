use std::sync::Arc;

use hyper_rustls::HttpsConnector;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::Error;

/// Leaves the process-wide default provider of rustls alone, which is the program's to set.
#[derive(Clone)]
pub(crate) struct TlsConnector(Arc<ClientConfig>);

impl TlsConnector {
    pub(super) fn new(
        encrypted: bool,
        roots: &[Vec<u8>],
        certificate: Option<(&[u8], &[u8])>,
    ) -> Result<Self, Error> {
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
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(fail)?;
        let builder = if encrypted {
            let verifier = Verifier::new_with_extra_roots(roots, provider).map_err(fail)?;
            let builder = builder.dangerous();
            builder.with_custom_certificate_verifier(Arc::new(verifier))
        } else {
            builder.with_root_certificates(RootCertStore::empty())
        };
        let mut config = match certificate {
            Some((chain, key)) => builder
                .with_client_auth_cert(parse_chain(chain)?, parse_key(key)?)
                .map_err(unfit)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn over<C>(&self, connector: C) -> HttpsConnector<C> {
        HttpsConnector::from((connector, self.0.clone()))
    }
}

fn parse_roots(texts: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut roots = Vec::new();
    for text in texts {
        let some = parse(text).map_err(|cause| {
            Error::config("the root certificates cannot be read").with_source(cause)
        })?;
        if some.is_empty() {
            return Err(Error::config(
                "the root certificates hold no certificate in PEM, which starts with -----BEGIN CERTIFICATE-----",
            ));
        }
        roots.extend(some);
    }
    // Read once here, so that what is wrong with one of them is not taken for a lack of those of the system.
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

/// Without the cause, which may quote the text.
fn parse_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(text).map_err(|_| {
        Error::config("the key of the client certificate cannot be read: it is not valid PEM")
    })
}

/// Why a certificate and a key that could be read cannot be used.
fn unfit(cause: rustls::Error) -> Error {
    let reason = match cause {
        rustls::Error::InconsistentKeys(_) => {
            "the client certificate and its key do not belong together; give the two that were made together"
        }
        rustls::Error::InvalidCertificate(_) => "the client certificate cannot be used",
        _ => "the key of the client certificate cannot be used",
    };
    Error::config(reason).with_source(cause)
}
