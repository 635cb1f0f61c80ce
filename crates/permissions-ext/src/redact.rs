//! Removes secrets from text that a server sends back.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::secret::Secret;

/// Replaces every secret in texts.
const REPLACEMENT: &str = "[redacted]";

/// Shorter header values and query parameters, such as `true`, occur in text by chance.
const SHORTEST: usize = 6;

/// All keys have the same prefix, such as `sk-admin-`. More bytes of a truncated key are secret.
const KEY_PREFIX: usize = 12;

/// Replaces the secrets of one request: the key, and the values of custom headers, organization, project and query
/// parameters. The case does not matter, because a host name, for example, is converted to lower case.
pub(crate) struct Redactor<'a> {
    /// Longest first, because one secret may contain another.
    secrets: Vec<&'a [u8]>,
}

impl<'a> Redactor<'a> {
    /// Collects the secrets. Header values are secret if they are marked as sensitive.
    pub(crate) fn new(
        key: Option<&'a Secret>,
        headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>,
        query: &'a [(String, String)],
    ) -> Self {
        let mut secrets: Vec<&[u8]> = key.map(Secret::as_bytes).into_iter().collect();
        for (name, value) in headers.filter(|(_, value)| value.is_sensitive()) {
            secrets.push(value.as_bytes());
            secrets.extend(credentials(name, value));
        }
        secrets.extend(query.iter().map(|(_, value)| value.as_bytes()));
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
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
            self.secrets.iter().any(|secret| {
                let shortest = KEY_PREFIX.min(secret.len() - 1);
                end.len() >= shortest
                    && secret
                        .get(..end.len())
                        .is_some_and(|beginning| beginning.eq_ignore_ascii_case(end))
            })
        };
        let longest = self.secrets.first().map_or(0, |secret| secret.len());
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
        for secret in &self.secrets {
            let text = clean.as_deref().unwrap_or(text);
            if let Some(replaced) = replace(text, secret) {
                clean = Some(replaced);
            }
        }
        clean
    }
}

/// Returns the part of an `Authorization` header after the scheme.
fn credentials<'a>(name: &HeaderName, value: &'a HeaderValue) -> Option<&'a [u8]> {
    let space = value.as_bytes().iter().position(|byte| *byte == b' ')?;
    (name == AUTHORIZATION).then(|| value.as_bytes()[space..].trim_ascii())
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
    let first = secret.first()?;
    text.windows(secret.len()).position(|window| {
        window[0].eq_ignore_ascii_case(first) && window.eq_ignore_ascii_case(secret)
    })
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
        check(Redactor::new(Some(&key), headers.iter(), &query));
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
