use url::Url;

use crate::http_client::is_loopback;

pub(super) const DEFAULT: &str = "https://api.openai.com/v1";

/// Parses a base URL. The error is the reason why the URL is unusable or unsafe.
pub(super) fn parse(text: &str, allow_http: bool) -> Result<Url, String> {
    let url = Url::parse(text.trim())
        .map_err(|cause| format!("the base URL is not a URL: {cause}; {BEGIN}"))?;
    // The message contains only the origin, because the URL may contain a password.
    let place = url.origin().ascii_serialization();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "the base URL of {place} contains a user name or password, which would not be sent; remove both"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "the base URL of {place} has a query or fragment; end the URL after the path, such as /v1"
        ));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(&url) => {}
        "http" => {
            return Err(format!(
                "the base URL {place} is not encrypted, anyone on the way could read the admin key; \
                 use https, or allow http with `allow_http`"
            ));
        }
        other => return Err(format!("the base URL has the scheme {other}; {BEGIN}")),
    }
    Ok(url)
}

const BEGIN: &str = "use https://, or http:// for a server on this machine";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_to_other_machines_fails_unless_allowed() {
        for local in [
            "http://127.0.0.1:8080/v1",
            "http://[::1]/v1",
            "http://localhost/v1",
            "http://api.localhost",
        ] {
            assert!(parse(local, false).is_ok(), "{local}");
        }
        for remote in [
            "http://example.com/v1",
            "http://10.0.0.1/v1",
            "http://localhost.example.com",
        ] {
            assert!(
                parse(remote, false).unwrap_err().contains("not encrypted"),
                "{remote}"
            );
            assert!(parse(remote, true).is_ok(), "{remote}");
        }
    }

    #[test]
    fn error_of_unusable_base_url_omits_its_password() {
        for (text, reason) in [
            ("", "not a URL"),
            ("api.openai.com/v1", "not a URL"),
            ("ftp://example.com", "scheme ftp"),
            (
                "https://user:hunter2@example.com/v1",
                "user name or password",
            ),
            ("https://example.com/v1?key=hunter2", "query"),
            ("https://example.com/v1#x", "query or fragment"),
        ] {
            let refused = parse(text, true).unwrap_err();
            assert!(
                refused.contains(reason) && !refused.contains("hunter2"),
                "{text}: {refused}"
            );
        }
    }
}
