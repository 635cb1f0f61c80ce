//! The admin key: checked before it is used, and shown nowhere.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Error;
use crate::action::Action;
use crate::error::Kind;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type KeyFuture = Pin<Box<dyn Future<Output = Result<SecretString, BoxError>> + Send>>;

/// Where the key of a request comes from.
#[derive(Clone)]
pub(crate) enum Key {
    Fixed(Secret),
    Provider(Arc<dyn Fn() -> KeyFuture + Send + Sync>),
    /// Something between here and the API adds it.
    Absent,
}

/// A key that can be sent.
#[derive(Clone)]
pub(crate) struct Secret {
    value: SecretString,
    header: HeaderValue,
}

impl Key {
    pub(crate) fn provider<F, Fut>(provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SecretString, BoxError>> + Send + 'static,
    {
        Self::Provider(Arc::new(move || Box::pin(provider())))
    }

    /// The key that never changes.
    pub(crate) fn fixed(&self) -> Option<&Secret> {
        match self {
            Self::Fixed(secret) => Some(secret),
            Self::Provider(_) | Self::Absent => None,
        }
    }

    /// The key of this very attempt, where a provider gives it.
    pub(crate) async fn fresh(&self, action: &Action) -> Result<Option<Secret>, Error> {
        let Self::Provider(provider) = self else {
            return Ok(None);
        };
        let fail = |reason: &str| Error::new(Kind::Key, action.clone(), reason);
        let key = provider()
            .await
            .map_err(|cause| fail("the key provider failed").with_source(cause))?;
        Secret::new(key)
            .map(Some)
            .map_err(|reason| fail(&format!("the key provider gave a bad key: {reason}")))
    }
}

impl Secret {
    /// Takes a key that fits into a header, or says what is wrong with it without showing it.
    pub(crate) fn new(value: SecretString) -> Result<Self, &'static str> {
        let key = value.expose_secret();
        if key.trim().is_empty() {
            return Err("it is blank");
        }
        if key.ends_with(['\n', '\r']) {
            return Err("it ends with a line break; take that off");
        }
        if key.chars().any(char::is_control) {
            return Err("it contains a control character, such as a line break");
        }
        if key.chars().any(char::is_whitespace) {
            return Err("it contains white space");
        }
        if !key.is_ascii() {
            return Err("it contains a character other than ASCII, which no key has");
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| "it does not fit into a header")?;
        header.set_sensitive(true);
        Ok(Self { value, header })
    }

    /// The key in a header `Authorization` of somebody's own making.
    pub(crate) fn in_header(value: &HeaderValue) -> Option<Self> {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| Self::new(key.trim().into()).ok())?
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// A key of the kind that the API refuses on these operations.
    pub(crate) fn is_project_key(&self) -> bool {
        self.value.expose_secret().starts_with("sk-proj-")
    }

    /// Blots the key out of bytes that came from outside.
    pub(crate) fn redact(&self, text: &Bytes) -> Bytes {
        match self.without(text) {
            Some(clean) => clean.into(),
            None => text.clone(),
        }
    }

    /// The same for what may have been cut off in the middle of the key.
    pub(crate) fn redact_cut(&self, text: &Bytes) -> Bytes {
        let key = self.value.expose_secret().as_bytes();
        let longest = (key.len() - 1).min(text.len());
        let cut = (TELLING..=longest)
            .rev()
            .map(|length| text.len() - length)
            .find(|&start| text[start..].eq_ignore_ascii_case(&key[..text.len() - start]));
        self.redact(&cut.map_or_else(|| text.clone(), |start| text.slice(..start)))
    }

    /// The same for text that has been decoded.
    pub(crate) fn redact_text(&self, text: String) -> String {
        match self.without(text.as_bytes()) {
            Some(clean) => String::from_utf8_lossy(&clean).into_owned(),
            None => text,
        }
    }

    /// The same for a header.
    pub(crate) fn redact_header(&self, value: &mut HeaderValue) {
        if let Some(clean) = self.without(value.as_bytes()) {
            *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(BLOT));
        }
    }

    /// None where the key does not occur. Its case does not count: a host name, for one, is read in lower case.
    fn without(&self, text: &[u8]) -> Option<Vec<u8>> {
        let key = self.value.expose_secret().as_bytes();
        let mut at = find(text, key)?;
        let mut clean = Vec::with_capacity(text.len());
        let mut rest = text;
        loop {
            clean.extend_from_slice(&rest[..at]);
            clean.extend_from_slice(BLOT.as_bytes());
            rest = &rest[at + key.len()..];
            match find(rest, key) {
                Some(next) => at = next,
                None => break,
            }
        }
        clean.extend_from_slice(rest);
        Some(clean)
    }
}

/// So much of the beginning of a key is more than the prefix that all of them have, in bytes.
const TELLING: usize = 12;

/// What stands where the key was.
const BLOT: &str = "[key]";

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed([key])",
            Self::Provider(_) => "Provider",
            Self::Absent => "Absent",
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

fn find(text: &[u8], key: &[u8]) -> Option<usize> {
    // A key is never empty. Most text is shorter than it or has its first character nowhere.
    let first = key.first()?;
    text.windows(key.len()).position(|window| {
        window[0].eq_ignore_ascii_case(first) && window.eq_ignore_ascii_case(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> Result<Secret, &'static str> {
        Secret::new(SecretString::from(key))
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_refused_with_a_reason() {
        for (key, reason) in [
            ("", "blank"),
            ("  \t", "blank"),
            ("sk-admin-1\n", "ends with a line break"),
            ("sk-\u{0}admin", "control character"),
            ("sk admin", "white space"),
            ("sk-ädmin", "ASCII"),
        ] {
            let refused = secret(key).unwrap_err();
            assert!(refused.contains(reason), "{key:?}: {refused}");
        }
    }

    #[test]
    fn a_key_is_shown_nowhere() {
        let secret = secret("sk-admin-1").unwrap();
        assert_eq!(
            format!("{secret:?} {:?}", Key::Fixed(secret.clone())),
            "[key] Fixed([key])"
        );
        assert!(secret.header().is_sensitive());
    }

    #[test]
    fn every_occurrence_is_blotted_out() {
        let text = Bytes::from_static(b"sk-admin-1 and sk-admin-1!");
        assert_eq!(
            secret("sk-admin-1").unwrap().redact(&text),
            "[key] and [key]!"
        );
        assert_eq!(secret("sk-admin-2").unwrap().redact(&text), text);
    }

    #[test]
    fn a_key_that_is_cut_off_is_blotted_out_and_the_prefix_of_all_keys_is_not() {
        let secret = secret("sk-admin-1234567890").unwrap();
        for (text, clean) in [
            ("bad key sk-admin-123456789", "bad key "),
            ("sk-admin-1234567890 sk-admin-123", "[key] "),
            ("keys start with sk-admin-", "keys start with sk-admin-"),
            ("", ""),
        ] {
            assert_eq!(
                secret.redact_cut(&Bytes::from_static(text.as_bytes())),
                clean
            );
        }
    }

    #[test]
    fn it_is_found_in_other_case_in_headers_and_in_text() {
        let secret = secret("sk-Admin-1").unwrap();
        let host = "https://SK-ADMIN-1.example".to_owned();
        assert_eq!(secret.redact_text(host), "https://[key].example");
        let mut header = HeaderValue::from_static("req_sk-admin-1");
        secret.redact_header(&mut header);
        assert_eq!(header, "req_[key]");
    }
}
