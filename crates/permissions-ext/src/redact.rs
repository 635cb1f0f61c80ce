//! Removes secrets from text that a server sends back.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Replaces every secret in a text.
const REPLACEMENT: &str = "[redacted]";

/// Minimum length of redacted header values and query parameters. Shorter ones, such as `true`, occur in text by
/// chance.
const SHORTEST: usize = 6;

/// Minimum length at which the beginning of a truncated key is redacted. Shorter beginnings are only the common prefix,
/// such as `sk-admin-`.
const KEY_PREFIX: usize = 12;

/// Replaces the secrets of one request: the values of sensitive headers, such as the key, and of query parameters.
///
/// Ignores case, because a server may convert a secret to lower case, for example in a host name. Replaces the longest
/// secret first, because a secret may contain another secret.
pub(crate) struct Redactor<'a>(Vec<&'a [u8]>);

impl<'a> Redactor<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, query: &'a [(String, String)]) -> Self {
        let headers = headers.iter().filter(|(_, value)| value.is_sensitive());
        let headers = headers.map(|(name, value)| secret_part(name, value));
        let query = query.iter().map(|(_, value)| value.as_bytes());
        let secrets = headers.chain(query);
        let mut secrets: Vec<_> = secrets.filter(|it| it.len() >= SHORTEST).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    pub(crate) fn text(&self, text: String) -> String {
        match self.replaced(text.as_bytes()) {
            Some(clean) => String::from_utf8_lossy(&clean).into_owned(),
            None => text,
        }
    }

    /// Also removes the beginning of a secret from the end of the body, because a truncated body may end within a
    /// secret.
    pub(crate) fn body(&self, body: &Bytes) -> Bytes {
        let is_secret_from = |start: usize| {
            let end = &body[start..];
            self.0.iter().any(|secret| {
                let is_part = (KEY_PREFIX.min(secret.len() - 1)..secret.len()).contains(&end.len());
                is_part && secret[..end.len()].eq_ignore_ascii_case(end)
            })
        };
        let longest = self.0.first().map_or(0, |secret| secret.len());
        let cut =
            (body.len().saturating_sub(longest)..body.len()).find(|start| is_secret_from(*start));
        let body = body.slice(..cut.unwrap_or(body.len()));
        self.replaced(&body).map_or(body, Bytes::from)
    }

    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(clean) = self.replaced(value.as_bytes()) {
                *value = HeaderValue::from_bytes(&clean)
                    .unwrap_or(HeaderValue::from_static(REPLACEMENT));
            }
        }
    }

    /// Returns the text without its secrets, or `None` if the text contains no secret.
    fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut clean: Option<Vec<u8>> = None;
        for secret in &self.0 {
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

/// Replaces each occurrence of a secret. Returns `None` if the text does not contain the secret.
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

    fn with_redactor(key: &'static str, check: impl FnOnce(Redactor<'_>)) {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("openai-organization", "org-weather"),
            ("authorization", "Basic dXNlcjp3b3Jk"),
            ("x-short", "on"),
            ("x-key", key),
        ] {
            let mut value = HeaderValue::from_static(value);
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert("user-agent", HeaderValue::from_static("permissions-ext"));
        let query = [("token".to_owned(), "query-secret".to_owned())];
        check(Redactor::new(&headers, &query));
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
                assert_eq!(redactor.body(&body), clean);
            }
        });
    }
}
