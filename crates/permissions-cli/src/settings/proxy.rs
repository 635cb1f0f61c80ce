//! The proxy that the environment chooses, for `doctor`.

use std::net::IpAddr;

use url::{Host, Url};

use super::{Origin, Setting};

/// The proxy for a base URL, without user name and password. `None` for a direct connection.
pub(crate) fn proxy(base_url: &str) -> Option<Setting<String>> {
    let url = Url::parse(base_url).ok()?;
    if is_loopback(&url) {
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
    match Url::parse(proxy) {
        Ok(mut url) if url.has_host() => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => proxy.rsplit('@').next().unwrap_or_default().to_owned(),
    }
}

/// Whether the host of the URL is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost") || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
