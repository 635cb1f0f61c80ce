//! Checks of the request line and the headers, in addition to the checks of hyper.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Version};

use super::error::ApiError;

/// Fails if the request has an invalid `Host`, several `Authorization` headers or an invalid escape in its URL.
pub(super) fn check(request: &Request) -> Result<(), ApiError> {
    check_host(request.version(), request.headers())?;
    if request.headers().get_all(AUTHORIZATION).iter().count() > 1 {
        return Err(ApiError::bad_request(
            "duplicate_header",
            "the request has more than one Authorization header; send one",
        ));
    }
    let url = request.uri().path_and_query();
    if url.is_some_and(|url| !has_valid_escapes(url.as_str())) {
        return Err(ApiError::bad_request(
            "invalid_url",
            "the URL contains a '%' without two hexadecimal digits; encode '%' as %25",
        ));
    }
    Ok(())
}

/// Validates `Host`. RFC 9112, section 3.2 requires exactly one `Host` header in an HTTP/1.1 request. The value is a host
/// and an optional port.
fn check_host(version: Version, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(HOST).iter();
    let message = match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => return Ok(()),
        (None, _) => "the request has no Host header; send one",
        (_, Some(_)) => "the request has more than one Host header; send one",
        (Some(host), None) => {
            let authority = Authority::try_from(host.as_bytes());
            if authority.is_ok_and(|host| !host.as_str().contains('@')) {
                return Ok(());
            }
            "the Host header is invalid; send a host and an optional port, as in a URL"
        }
    };
    Err(ApiError::bad_request("invalid_host", message))
}

fn has_valid_escapes(url: &str) -> bool {
    let mut parts = url.split('%');
    // The part before the first '%' contains no escape. Every later part must start with two hexadecimal digits.
    parts.next();
    parts.all(|part| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
