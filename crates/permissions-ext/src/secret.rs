//! Secrets that are sent in headers.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// An admin key that is valid in a header.
#[derive(Clone)]
pub(crate) struct Secret {
    value: SecretString,
    header: HeaderValue,
}

impl Secret {
    /// Checks a key. The reason of an error does not contain it.
    pub(crate) fn new(value: SecretString) -> Result<Self, &'static str> {
        let key = value.expose_secret();
        if key.trim().is_empty() {
            return Err("it is blank");
        }
        if key.ends_with(['\n', '\r']) {
            return Err("it ends with a line break");
        }
        if key.chars().any(char::is_control) {
            return Err("it contains a control character, such as a line break");
        }
        if key.chars().any(char::is_whitespace) {
            return Err("it contains white space");
        }
        if !key.is_ascii() {
            return Err("it contains a character that is not ASCII");
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| "it is not valid in a header")?;
        header.set_sensitive(true);
        Ok(Self { value, header })
    }

    /// Returns the key of an `Authorization` header with the scheme `Bearer`.
    pub(crate) fn in_header(value: &HeaderValue) -> Option<Self> {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| Self::new(key.trim().into()).ok())?
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.value.expose_secret().as_bytes()
    }

    /// Whether the key has the prefix of project keys, which these operations reject.
    pub(crate) fn is_project_key(&self) -> bool {
        self.value.expose_secret().starts_with("sk-proj-")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> Result<Secret, &'static str> {
        Secret::new(SecretString::from(key))
    }

    #[test]
    fn invalid_key_is_rejected_with_reason() {
        for (key, reason) in [
            ("", "blank"),
            ("  \t", "blank"),
            ("sk-admin-1\n", "ends with a line break"),
            ("sk-\u{0}admin", "control character"),
            ("sk admin", "white space"),
            ("sk-ädmin", "ASCII"),
        ] {
            let error = secret(key).unwrap_err();
            assert!(error.contains(reason), "{key:?}: {error}");
        }
    }

    #[test]
    fn debug_of_key_is_redacted() {
        let secret = secret("sk-admin-1").unwrap();
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert!(secret.header().is_sensitive());
    }
}
