use reqwest::{Certificate, ClientBuilder, Identity};

use super::NO_ROOT;
use crate::Error;

/// Selects the operating system's TLS library as the backend. It loads its own root certificates.
pub(super) fn configure(
    builder: ClientBuilder,
    _needs_roots: bool,
    roots: &[Vec<u8>],
    identity: Option<(&[u8], &[u8])>,
) -> Result<ClientBuilder, Error> {
    let mut builder = builder.tls_backend_native();
    for pem in roots {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|cause| {
            Error::config("the root certificates cannot be read").with_source(cause)
        })?;
        if certificates.is_empty() {
            return Err(Error::config(NO_ROOT));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some((chain, key)) = identity {
        // Omits the cause, because its text may contain a part of the key.
        let identity = Identity::from_pkcs8_pem(chain, key).map_err(|_| {
            Error::config(
                "the client certificate cannot be used with its key; use a matching pair with the key in PKCS#8, as \
                 `openssl pkcs8 -topk8 -nodes` writes it",
            )
        })?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}
