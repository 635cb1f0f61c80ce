//! Removes secrets from text that a server sends back.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::secret::Secret;

/// Replaces every secret in texts.
const REPLACEMENT: &str = "[redacted]";

/// Minimum length of redacted header values and query parameters. Shorter ones, such as `true`, occur in text by
/// chance.
const SHORTEST: usize = 6;

/// Minimum length of a redacted part of a truncated key. Shorter parts are only the common prefix, such as `sk-admin-`.
const KEY_PREFIX: usize = 12;

/// Replaces the secrets of one request: the key, and the values of custom headers, organization, project and query
/// parameters. Ignores case, because a server may convert a secret to lower case, for example in a host name.
pub(crate) struct Redactor<'a> {
    secrets: Cow<'a, Secrets>,
}

/// The secrets of a client or a request. Longest first, because one secret may contain another.
#[derive(Clone)]
pub(crate) struct Secrets(Vec<Bytes>);

impl Secrets {
    /// Collects the secrets of a client. Secret headers are marked as sensitive.
    pub(crate) fn of_client(headers: &HeaderMap) -> Self {
        let sensitive = headers.iter().filter(|(_, value)| value.is_sensitive());
        let mut secrets = Self(Vec::new());
        secrets.add(sensitive.map(|(name, value)| secret_part(name, value)));
        secrets
    }

    fn add<'s>(&mut self, secrets: impl Iterator<Item = &'s [u8]>) {
        let secrets = secrets.filter(|secret| secret.len() >= SHORTEST);
        self.0.extend(secrets.map(Bytes::copy_from_slice));
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }
}

impl<'a> Redactor<'a> {
    /// Collects the secrets of a request. `key` is a key that the client's headers do not contain.
    pub(crate) fn new(
        shared: &'a Secrets,
        key: Option<&Secret>,
        headers: &[(HeaderName, Option<HeaderValue>)],
        query: &[(String, String)],
    ) -> Self {
        let mut secrets = Cow::Borrowed(shared);
        if key.is_some() || !headers.is_empty() || !query.is_empty() {
            let headers = headers.iter();
            let headers = headers.filter_map(|(name, value)| Some((name, value.as_ref()?)));
            let headers = headers.map(|(name, value)| secret_part(name, value));
            let query = query.iter().map(|(_, value)| value.as_bytes());
            let key = key.map(Secret::as_bytes).into_iter();
            secrets.to_mut().add(key.chain(headers).chain(query));
        }
        Self { secrets }
    }

    pub(crate) fn text(&self, text: String) -> String {
        match self.replaced(text.as_bytes()) {
            Some(clean) => String::from_utf8_lossy(&clean).into_owned(),
            None => text,
        }
    }

    pub(crate) fn body(&self, body: &Bytes) -> Bytes {
        self.replaced(body)
            .map_or_else(|| body.clone(), Bytes::from)
    }

    /// Also removes the beginning of a secret from the end of a truncated body.
    pub(crate) fn truncated_body(&self, body: &Bytes) -> Bytes {
        let is_secret_from = |start: usize| {
            let end = &body[start..];
            self.secrets.0.iter().any(|secret| {
                let shortest = KEY_PREFIX.min(secret.len() - 1);
                end.len() >= shortest
                    && secret
                        .get(..end.len())
                        .is_some_and(|beginning| beginning.eq_ignore_ascii_case(end))
            })
        };
        let longest = self.secrets.0.first().map_or(0, |secret| secret.len());
        let cut =
            (body.len().saturating_sub(longest)..body.len()).find(|start| is_secret_from(*start));
        self.body(&body.slice(..cut.unwrap_or(body.len())))
    }

    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(clean) = self.replaced(value.as_bytes()) {
                *value = HeaderValue::from_bytes(&clean)
                    .unwrap_or(HeaderValue::from_static(REPLACEMENT));
            }
        }
    }

    /// Returns the text without secrets, or `None` if it contains none.
    fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut clean: Option<Vec<u8>> = None;
        for secret in &self.secrets.0 {
            let text = clean.as_deref().unwrap_or(text);
            if let Some(replaced) = replace(text, secret) {
                clean = Some(replaced);
            }
        }
        clean
    }
}

/// Returns the value of a header, without the scheme of `Authorization`.
fn secret_part<'a>(name: &HeaderName, value: &'a HeaderValue) -> &'a [u8] {
    let value = value.as_bytes();
    match value.iter().position(|byte| *byte == b' ') {
        Some(space) if name == AUTHORIZATION => value[space..].trim_ascii(),
        _ => value,
    }
}

/// Replaces each occurrence of a secret. Returns `None` if there is none.
fn replace(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut at = find(text, secret)?;
    let mut clean = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(REPLACEMENT.as_bytes());
        rest = &rest[at + secret.len()..];
        match find(rest, secret) {
            Some(next) => at = next,
            None => break,
        }
    }
    clean.extend_from_slice(rest);
    Some(clean)
}

fn find(text: &[u8], secret: &[u8]) -> Option<usize> {
    // Setting this bit converts a letter to lower case.
    let first = secret.first()? | 0x20;
    text.windows(secret.len())
        .position(|window| window[0] | 0x20 == first && window.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_redactor(key: &str, check: impl FnOnce(Redactor<'_>)) {
        let key = Secret::new(key.into()).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("openai-organization", "org-weather"),
            ("authorization", "Basic dXNlcjp3b3Jk"),
            ("x-short", "on"),
        ] {
            let mut value = HeaderValue::from_static(value);
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert("user-agent", HeaderValue::from_static("permissions-ext"));
        let query = [("token".to_owned(), "query-secret".to_owned())];
        let shared = Secrets::of_client(&headers);
        check(Redactor::new(&shared, Some(&key), &[], &query));
    }

    #[test]
    fn every_secret_of_a_request_is_replaced() {
        with_redactor("sk-Admin-1", |redactor| {
            for (text, clean) in [
                ("sk-admin-1 and SK-ADMIN-1!", "[redacted] and [redacted]!"),
                ("no such org: org-weather", "no such org: [redacted]"),
                ("dXNlcjp3b3Jk", "[redacted]"),
                ("query-secret on", "[redacted] on"),
                ("permissions-ext", "permissions-ext"),
            ] {
                assert_eq!(redactor.text(text.into()), clean);
                let body = Bytes::from_static(text.as_bytes());
                assert_eq!(redactor.body(&body), clean);
                let mut headers = HeaderMap::new();
                headers.insert("x-request-id", HeaderValue::from_static(text));
                redactor.headers(&mut headers);
                assert_eq!(headers["x-request-id"], clean);
            }
        });
    }

    #[test]
    fn truncated_secret_is_removed_and_key_prefix_stays() {
        with_redactor("sk-admin-1234567890", |redactor| {
            for (text, clean) in [
                ("bad key sk-admin-123456789", "bad key "),
                ("sk-admin-1234567890 sk-admin-123", "[redacted] "),
                ("keys start with sk-admin-", "keys start with sk-admin-"),
                ("no such org: org-weathe", "no such org: "),
                ("", ""),
            ] {
                let body = Bytes::from_static(text.as_bytes());
                assert_eq!(redactor.truncated_body(&body), clean);
            }
        });
    }
}
