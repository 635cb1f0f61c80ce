use hyper_tls::HttpsConnector;
use native_tls::{Certificate, Identity};

use crate::Error;

/// The system's own library, which reads the system's own roots.
#[derive(Clone)]
pub(crate) struct TlsConnector(tokio_native_tls::TlsConnector);

impl TlsConnector {
    pub(super) fn new(
        _encrypted: bool,
        roots: &[Vec<u8>],
        certificate: Option<(&[u8], &[u8])>,
    ) -> Result<Self, Error> {
        let mut builder = native_tls::TlsConnector::builder();
        for text in roots {
            let some = Certificate::stack_from_pem(text).map_err(|cause| {
                Error::config("the root certificates cannot be read").with_source(cause)
            })?;
            if some.is_empty() {
                return Err(Error::config(
                    "the root certificates hold no certificate in PEM, which starts with -----BEGIN CERTIFICATE-----",
                ));
            }
            for root in some {
                builder.add_root_certificate(root);
            }
        }
        if let Some((chain, key)) = certificate {
            // Without the cause, which may quote the text.
            let identity = Identity::from_pkcs8(chain, key).map_err(|_| {
                Error::config(
                    "the client certificate cannot be used with its key; give the two that were made together, the key \
                     in PKCS#8, as `openssl pkcs8 -topk8 -nodes` writes it",
                )
            })?;
            builder.identity(identity);
        }
        let connector = builder
            .build()
            .map_err(|cause| Error::config("TLS cannot be set up").with_source(cause))?;
        Ok(Self(connector.into()))
    }

    pub(crate) fn over<C>(&self, connector: C) -> HttpsConnector<C> {
        HttpsConnector::from((connector, self.0.clone()))
    }
}
