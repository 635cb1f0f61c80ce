use crate::Error;

/// No TLS: enough for a server on this machine.
#[derive(Clone)]
pub(crate) struct TlsConnector;

impl TlsConnector {
    pub(super) fn new(
        encrypted: bool,
        roots: &[Vec<u8>],
        certificate: Option<(&[u8], &[u8])>,
    ) -> Result<Self, Error> {
        if encrypted || !roots.is_empty() || certificate.is_some() {
            return Err(Error::config(
                "https needs a TLS provider; build permissions-ext with one of the features \
                 rustls-ring, rustls-aws-lc and native-tls",
            ));
        }
        Ok(Self)
    }

    pub(crate) fn over<C>(&self, connector: C) -> C {
        connector
    }
}
