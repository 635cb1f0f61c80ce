//! Encryption, with the provider that the crate's features name.

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

pub(crate) use self::backend::TlsConnector;
use super::ClientBuilder;
use crate::Error;

/// What is set of TLS, as it was given.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    /// PEM files.
    roots: Vec<Vec<u8>>,
    certificate: Option<Certificate>,
}

/// What the client proves itself with, both in PEM.
#[derive(Clone)]
struct Certificate {
    chain: Vec<u8>,
    key: SecretSlice<u8>,
}

/// TLS.
impl ClientBuilder {
    /// Trusts the root certificates in this PEM text too, besides those of the operating system: for a gateway, or a
    /// server under test, whose certificate an authority of one's own has signed. May be given several times.
    ///
    /// ```no_run
    /// use permissions_ext::Client;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder()
    ///     .admin_key("sk-admin-1")
    ///     .base_url("https://gateway.example.com/v1")
    ///     .root_certificates(std::fs::read("/etc/ssl/gateway-ca.pem")?)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.tls.roots.push(pem.as_ref().to_vec());
        self
    }

    /// Proves to the server who the client is (mutual TLS): a certificate with those between it and its root, and its
    /// private key, each as PEM text. Both may be in one text, which is then given twice.
    ///
    /// The key may be in PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`), and not
    /// encrypted; the system's TLS (feature `native-tls`) reads PKCS#8 alone. [`build`](Self::build) fails where the two
    /// do not belong together. Where the base URL is plain `http`, nothing is proved.
    ///
    /// ```no_run
    /// use permissions_ext::Client;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder()
    ///     .admin_key("sk-admin-1")
    ///     .client_certificate(std::fs::read("client.pem")?, std::fs::read("client.key")?)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_certificate(
        mut self,
        certificate_pem: impl AsRef<[u8]>,
        key_pem: impl AsRef<[u8]>,
    ) -> Self {
        self.tls.certificate = Some(Certificate {
            chain: certificate_pem.as_ref().to_vec(),
            key: key_pem.as_ref().to_vec().into(),
        });
        self
    }
}

impl Tls {
    /// What encrypts connections, or lets them be.
    ///
    /// Certificates are checked against the roots of the operating system: where an organization adds a root of its
    /// own, as behind an inspecting proxy, it is there that it does so. Loading them takes 2 ms and fails in a container
    /// without any, so a client that talks plain HTTP, to a server on the same machine, goes without.
    pub(crate) fn connector(&self, encrypted: bool) -> Result<TlsConnector, Error> {
        let certificate = self.certificate.as_ref().map(Certificate::checked);
        let certificate = certificate.transpose().map_err(Error::config)?;
        TlsConnector::new(encrypted, &self.roots, certificate)
    }

    pub(super) fn is_set(&self) -> bool {
        self.certificate.is_some() || !self.roots.is_empty()
    }
}

impl Certificate {
    /// Chain and key, in PEM, where each is what it is called.
    fn checked(&self) -> Result<(&[u8], &[u8]), &'static str> {
        let key = self.key.expose_secret();
        if !contains(&self.chain, b"-----BEGIN CERTIFICATE-----") {
            return Err(if contains(&self.chain, PRIVATE_KEY) {
                "the client certificate holds a private key and no certificate; are the two swapped?"
            } else {
                "the client certificate holds no certificate in PEM, which starts with -----BEGIN CERTIFICATE-----"
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
                "the key of the client certificate holds a certificate and no private key; are the two swapped?"
            } else {
                "the key of the client certificate holds no private key in PEM, which starts with \
                 -----BEGIN PRIVATE KEY-----"
            });
        }
        Ok((&self.chain, key))
    }
}

/// How the first line ends of a private key of any kind.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
