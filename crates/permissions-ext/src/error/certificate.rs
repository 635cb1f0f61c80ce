use std::error::Error as StdError;

/// Returns what to do about a rejected certificate, if a cause of the error is a rejected certificate.
pub(super) fn remedy(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(remedy) = remedy_of(error) {
            return Some(remedy);
        }
        cause = error.source();
    }
    None
}

#[cfg(feature = "__rustls")]
fn remedy_of(mut cause: &(dyn StdError + 'static)) -> Option<&'static str> {
    use rustls::AlertDescription as Alert;
    use rustls::CertificateError::{NotValidForName, NotValidForNameContext, UnknownIssuer};
    use rustls::Error::{AlertReceived, InvalidCertificate};

    // `io::Error::source` skips the wrapped error. `get_ref` returns it.
    while let Some(io) = cause.downcast_ref::<std::io::Error>() {
        cause = io.get_ref()?;
    }
    match cause.downcast_ref()? {
        InvalidCertificate(UnknownIssuer) => Some(
            "install the root certificate of the server's CA, or pass that certificate to `root_certificates`",
        ),
        InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            Some("check the host in the base URL")
        }
        InvalidCertificate(_) => {
            Some("check the server's certificate and the clock of this machine")
        }
        AlertReceived(Alert::CertificateRequired) => {
            Some("the server requires a client certificate: pass one to `client_certificate`")
        }
        AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => {
            Some("the server rejected the client certificate: check its issuer and its expiry date")
        }
        _ => None,
    }
}

/// The system's TLS library reports certificate errors as text only.
#[cfg(not(feature = "__rustls"))]
fn remedy_of(_cause: &(dyn StdError + 'static)) -> Option<&'static str> {
    None
}
