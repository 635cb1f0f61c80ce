//! Certificates that were refused, found among the causes of an error.

use std::error::Error as StdError;

use super::{Error, Kind};

/// What to do about a certificate that was refused, where that is why.
pub(super) fn remedy(error: &Error) -> Option<&'static str> {
    if !matches!(error.0.kind, Kind::Connect | Kind::Transport) {
        return None;
    }
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(remedy) = remedy_of(next) {
            return Some(remedy);
        }
        cause = next.source();
    }
    None
}

#[cfg(feature = "__rustls")]
fn remedy_of(mut cause: &(dyn StdError + 'static)) -> Option<&'static str> {
    use rustls::AlertDescription as Alert;
    use rustls::CertificateError::{NotValidForName, NotValidForNameContext, UnknownIssuer};
    use rustls::Error::{AlertReceived, InvalidCertificate};

    // The error that an I/O error was made from is not among its sources, and that may be one, too.
    while let Some(io) = cause.downcast_ref::<std::io::Error>() {
        cause = io.get_ref()?;
    }
    match cause.downcast_ref()? {
        InvalidCertificate(UnknownIssuer) => Some(
            "add the root that signed the server's certificate to the system's, or give it with `root_certificates`",
        ),
        InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            Some("check the host in the base URL")
        }
        InvalidCertificate(_) => Some("check the server's certificate, and this machine's clock"),
        AlertReceived(Alert::CertificateRequired) => {
            Some("the server wants a client certificate: give it with `client_certificate`")
        }
        AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => Some(
            "the server does not accept the client certificate: check who signed it, and until when it is valid",
        ),
        _ => None,
    }
}

/// The system's library has words of its own for it, which are in the text of the error.
#[cfg(not(feature = "__rustls"))]
fn remedy_of(_cause: &(dyn StdError + 'static)) -> Option<&'static str> {
    None
}
