//! The proxy that the environment chooses, for `doctor`.

use super::{Origin, Setting, protocol};

/// The proxy for a base URL, without user name and password. `None` for a direct connection.
pub(crate) fn proxy(base_url: &str) -> Option<Setting<String>> {
    let url = url::Url::parse(base_url).ok()?;
    if protocol::is_loopback(&url) {
        return None;
    }
    let names: &[&'static str] = match url.scheme() {
        "https" => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    names.iter().find_map(|name| {
        let value = std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())?;
        Some(Setting {
            value: without_credentials(&value),
            origin: Origin::Variable(name),
        })
    })
}

fn without_credentials(proxy: &str) -> String {
    match url::Url::parse(proxy) {
        Ok(mut url) if url.has_host() => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => proxy.rsplit('@').next().unwrap_or_default().to_owned(),
    }
}
