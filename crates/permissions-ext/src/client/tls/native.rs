use crate::Error;

/// The system's own library, which reads the system's own roots.
pub(super) fn configure(
    mut http: reqwest::ClientBuilder,
    _encrypted: bool,
    roots: &[Vec<u8>],
    certificate: Option<(&[u8], &[u8])>,
) -> Result<reqwest::ClientBuilder, Error> {
    http = http.tls_backend_native();
    for text in roots {
        let some = reqwest::Certificate::from_pem_bundle(text).map_err(|cause| {
            Error::config("the root certificates cannot be read").with_source(cause)
        })?;
        if some.is_empty() {
            return Err(Error::config(
                "the root certificates hold no certificate in PEM, which starts with -----BEGIN CERTIFICATE-----",
            ));
        }
        http = http.tls_certs_merge(some);
    }
    if let Some((chain, key)) = certificate {
        // Without the cause, which may quote the text.
        let identity = reqwest::Identity::from_pkcs8_pem(chain, key).map_err(|_| {
            Error::config(
                "the client certificate cannot be used with its key; give the two that were made together, the key \
                 in PKCS#8, as `openssl pkcs8 -topk8 -nodes` writes it",
            )
        })?;
        http = http.identity(identity);
    }
    Ok(http)
}
