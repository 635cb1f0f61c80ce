//! Encryption, with the provider that the crate's features name.

use crate::Error;

/// Gives the HTTP client its TLS without touching the process-wide default provider of rustls, which is the
/// program's to set.
///
/// Certificates are checked against the roots of the operating system: where an organization adds a root of its own,
/// as behind an inspecting proxy, it is there that it does so. Loading them takes 2 ms and fails in a container
/// without any, so a client that talks plain HTTP, to a server on the same machine, goes without.
pub(super) fn configure(
    http: reqwest::ClientBuilder,
    encrypted: bool,
) -> Result<reqwest::ClientBuilder, Error> {
    #[cfg(feature = "__rustls")]
    return rustls_backend(http, encrypted);
    #[cfg(all(not(feature = "__rustls"), feature = "native-tls"))]
    return {
        let _ = encrypted;
        Ok(http.tls_backend_native())
    };
    #[cfg(all(not(feature = "__rustls"), not(feature = "native-tls")))]
    return if encrypted {
        Err(Error::config(
            "https needs a TLS provider; build permissions-ext with one of the features \
             rustls-ring, rustls-aws-lc and native-tls",
        ))
    } else {
        Ok(http)
    };
}

#[cfg(feature = "__rustls")]
fn rustls_backend(
    http: reqwest::ClientBuilder,
    encrypted: bool,
) -> Result<reqwest::ClientBuilder, Error> {
    use std::sync::Arc;

    use rustls_platform_verifier::BuilderVerifierExt as _;

    #[cfg(feature = "rustls-ring")]
    let provider = rustls::crypto::ring::default_provider();
    #[cfg(not(feature = "rustls-ring"))]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let fail = |cause: rustls::Error| {
        Error::config("TLS cannot be set up; are the system's root certificates installed?")
            .with_source(cause)
    };
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(fail)?;
    let builder = if encrypted {
        builder.with_platform_verifier().map_err(fail)?
    } else {
        builder.with_root_certificates(rustls::RootCertStore::empty())
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(http.tls_backend_preconfigured(config))
}
