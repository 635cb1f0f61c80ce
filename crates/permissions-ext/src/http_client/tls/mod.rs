//! TLS settings for the backend that the crate's features select.

#[cfg(all(not(feature = "__rustls"), feature = "native-tls"))]
#[path = "native.rs"]
mod backend;
#[cfg(all(not(feature = "__rustls"), not(feature = "native-tls")))]
#[path = "none.rs"]
mod backend;
#[cfg(feature = "__rustls")]
#[path = "rustls.rs"]
mod backend;

use secrecy::{ExposeSecret as _, SecretSlice};

use crate::Error;

/// Certificates as the caller set them, PEM-encoded.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    roots: Vec<Vec<u8>>,
    identity: Option<Identity>,
}

/// The client's certificate chain and private key.
#[derive(Clone)]
struct Identity {
    chain: Vec<u8>,
    key: SecretSlice<u8>,
}

impl Tls {
    pub(crate) fn add_roots(&mut self, pem: &[u8]) {
        self.roots.push(pem.to_vec());
    }

    pub(crate) fn set_identity(&mut self, chain_pem: &[u8], key_pem: &[u8]) {
        self.identity = Some(Identity {
            chain: chain_pem.to_vec(),
            key: key_pem.to_vec().into(),
        });
    }

    pub(crate) fn is_set(&self) -> bool {
        self.identity.is_some() || !self.roots.is_empty()
    }

    /// Sets the TLS backend of a client.
    ///
    /// Servers are verified with the operating system's root certificates. These include the root certificate of an
    /// organization's TLS-inspecting proxy. Loading the root certificates takes 2 ms, and fails in a container that has
    /// none. They are therefore only loaded if `needs_roots` is true.
    pub(super) fn configure(
        &self,
        builder: reqwest::ClientBuilder,
        needs_roots: bool,
    ) -> Result<reqwest::ClientBuilder, Error> {
        let identity = self.identity.as_ref().map(Identity::checked);
        let identity = identity.transpose().map_err(Error::config)?;
        backend::configure(builder, needs_roots, &self.roots, identity)
    }
}

impl Identity {
    /// Returns the certificate chain and the key. Checks for common mistakes first, because the backends report them
    /// without details.
    fn checked(&self) -> Result<(&[u8], &[u8]), &'static str> {
        let key = self.key.expose_secret();
        if !contains(&self.chain, b"-----BEGIN CERTIFICATE-----") {
            return Err(if contains(&self.chain, PRIVATE_KEY) {
                "the client certificate contains a private key and no certificate; are the two swapped?"
            } else {
                "the client certificate contains no PEM certificate: no line starts with -----BEGIN CERTIFICATE-----"
            });
        }
        if contains(key, b"ENCRYPTED") {
            return Err(
                "the key of the client certificate is encrypted; decrypt it, as with \
                 `openssl pkey -in client.key -out plain.key`",
            );
        }
        if !contains(key, PRIVATE_KEY) {
            return Err(if contains(key, b"-----BEGIN CERTIFICATE-----") {
                "the key of the client certificate contains a certificate and no private key; are the two swapped?"
            } else {
                "the key of the client certificate contains no PEM private key: no line starts with \
                 -----BEGIN PRIVATE KEY-----"
            });
        }
        Ok((&self.chain, key))
    }
}

/// End of the first line of a private key in any of the PEM formats.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// Error message for a root certificate file that contains no PEM certificate.
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
const NO_ROOT: &str = "the root certificates contain no PEM certificate: no line starts with -----BEGIN CERTIFICATE-----";

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
