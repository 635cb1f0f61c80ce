use reqwest::ClientBuilder;

use crate::Error;

/// Fails if the client needs TLS, because no TLS feature is enabled.
pub(super) fn configure(
    builder: ClientBuilder,
    needs_tls: bool,
    roots: &[Vec<u8>],
    identity: Option<(&[u8], &[u8])>,
) -> Result<ClientBuilder, Error> {
    if needs_tls || !roots.is_empty() || identity.is_some() {
        return Err(Error::config(
            "https needs a TLS provider; build permissions-ext with one of the features \
             rustls-ring, rustls-aws-lc and native-tls",
        ));
    }
    Ok(builder)
}
