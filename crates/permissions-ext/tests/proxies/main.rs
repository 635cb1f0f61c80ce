//! Proxies: environment variables, explicit proxies, SOCKS, refused tunnels, and requests that bypass the proxy.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a panic fails the test"
)]

mod servers;
#[allow(
    dead_code,
    reason = "this test uses only some functions of the shared module"
)]
#[path = "../faults/support/wire.rs"]
mod wire;

use std::process::Command;
use std::time::Duration;

use permissions_ext::{Client, ClientBuilder, Error, ErrorKind, RetryPolicy};

use self::servers::{EMPTY, Peer, SocksRequest, socks_proxy};
use self::wire::Reply;

const KEY: &str = "sk-admin-this-must-never-be-seen";
const VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

fn builder(base_url: &str) -> ClientBuilder {
    Client::builder()
        .admin_key(KEY)
        .base_url(base_url)
        .allow_http()
        .retry(RetryPolicy::new().initial_delay(Duration::from_millis(1)))
}

/// Lists one page.
async fn list(builder: ClientBuilder) -> Result<(), Error> {
    let permissions = builder.build()?.permissions("ft:a")?;
    permissions.list().send().await.map(drop)
}

/// Lists permissions with the settings of the environment and prints the result. The other tests run this test in a
/// child process, because each of them sets its own environment variables.
#[tokio::test]
async fn list_in_a_child_process_prints_its_result() {
    let Ok(base_url) = std::env::var("TEST_BASE_URL") else {
        return;
    };
    match list(builder(&base_url)).await {
        Ok(()) => println!("\nRESULT ok"),
        Err(error) => println!("\nRESULT {error}"),
    }
}

/// Lists permissions in a child process with these environment variables. Returns `ok` or the error.
async fn list_with(base_url: &str, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "list_in_a_child_process_prints_its_result",
        "--nocapture",
    ]);
    for name in VARIABLES.into_iter().chain(["NO_PROXY", "no_proxy"]) {
        child.env_remove(name);
    }
    child.env("TEST_BASE_URL", base_url);
    child.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || child.output().unwrap());
    let output = String::from_utf8(output.await.unwrap().stdout).unwrap();
    let result = output.lines().find_map(|line| line.strip_prefix("RESULT "));
    result.unwrap_or_else(|| panic!("{output}")).to_owned()
}

fn all_variables(proxy: &str) -> Vec<(&'static str, &str)> {
    VARIABLES.into_iter().map(|name| (name, proxy)).collect()
}

#[tokio::test]
async fn loopback_request_ignores_proxy_variables() {
    let (api, proxy) = (Peer::api().await, Peer::proxy(502).await);
    let listening = format!("http://{}", proxy.address);
    for host in ["127.0.0.1", "localhost"] {
        let base_url = format!("http://{host}:{}/v1", api.address.port());
        for proxy in [&*listening, "http://127.0.0.1:9", "socks://unusable"] {
            let result = list_with(&base_url, &all_variables(proxy)).await;
            assert_eq!(result, "ok", "{base_url} {proxy}");
        }
    }
    assert_eq!(api.requests().len(), 6);
    assert!(proxy.requests().is_empty(), "the proxy received the key");
}

#[tokio::test]
async fn loopback_request_uses_an_explicit_proxy() {
    let proxy = Peer::start("127.0.0.1:0", Reply::new(200, EMPTY)).await;
    let builder = builder("http://127.0.0.1:9/v1").proxy(format!("http://a:b@{}", proxy.address));
    list(builder).await.unwrap();
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].target.starts_with("http://127.0.0.1:9/v1/"));
    // The Base64 encoding of `a:b`.
    let credentials = requests[0].header("proxy-authorization");
    assert_eq!(credentials, Some("Basic YTpi"));
}

#[tokio::test]
async fn proxy_variable_applies_to_hosts_other_than_loopback() {
    let proxy = Peer::start("127.0.0.1:0", Reply::new(200, EMPTY)).await;
    let url = proxy.address.to_string();
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let result = list_with("http://api.test/v1", &[(name, &url)]).await;
        assert_eq!(result, "ok", "{name}");
    }
    assert_eq!(proxy.requests().len(), 4);
}

#[tokio::test]
async fn no_proxy_star_exempts_ip_addresses() {
    let (api, proxy) = (Peer::api().await, Peer::proxy(502).await);
    // The address 0.0.0.0 connects to this machine, but is not a loopback address.
    let base_url = format!("http://0.0.0.0:{}/v1", api.address.port());
    let proxy_url = format!("http://{}", proxy.address);
    let mut variables = all_variables(&proxy_url);
    let proxied = list_with(&base_url, &variables).await;
    assert!(proxied.contains("502"), "{proxied}");
    for entry in ["*", "x.test, *", "0.0.0.0", "0.0.0.0/8"] {
        variables.push(("NO_PROXY", entry));
        assert_eq!(list_with(&base_url, &variables).await, "ok", "{entry}");
        variables.pop();
    }
    assert_eq!(api.requests().len(), 4);
}

#[tokio::test]
async fn no_proxy_method_ignores_proxy_variables() {
    let (api, proxy) = (Peer::api().await, Peer::proxy(502).await);
    let base_url = format!("http://0.0.0.0:{}/v1", api.address.port());
    let proxied = builder(&base_url).proxy(format!("http://{}", proxy.address));
    list(proxied.no_proxy()).await.unwrap();
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn error_of_unusable_proxy_variable_contains_its_name() {
    for value in [
        "socks://h",
        "ftp://h",
        "http://[::bad",
        "http://a b:1",
        "http://",
    ] {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let result = list_with("https://api.test/v1", &[(name, value)]).await;
            let expected = format!("the proxy in {name} cannot be used");
            assert!(result.contains(&expected), "{name}={value}: {result}");
        }
    }
}

#[test]
fn error_of_unusable_explicit_proxy_omits_its_password() {
    for url in [
        "",
        "socks://h",
        "http://user:secret@",
        "http://user:secret@h:0",
    ] {
        let error = builder("https://api.test/v1")
            .proxy(url)
            .build()
            .unwrap_err();
        let text = format!("{error} {error:?}");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(text.contains("the proxy cannot be used"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn socks5h_proxy_resolves_the_host() {
    let api = Peer::api().await;
    let (proxy, requests) = socks_proxy(api.address).await;
    let builder = builder("http://api.test/v1").proxy(format!("socks5h://user:word@{proxy}"));
    list(builder).await.unwrap();
    let expected = SocksRequest {
        host: "api.test".to_owned(),
        login: Some("user:word".to_owned()),
    };
    assert_eq!(*requests.lock().unwrap(), [expected]);
    assert!(api.requests()[0].target.starts_with("/v1/"));
}

#[tokio::test]
async fn socks5_proxy_receives_an_ip_address() {
    let api = Peer::api().await;
    let (proxy, requests) = socks_proxy(api.address).await;
    let builder = builder("http://localhost/v1").proxy(format!("socks5://{proxy}"));
    list(builder).await.unwrap();
    let requests = requests.lock().unwrap();
    let host = &requests[0].host;
    assert!(["127.0.0.1", "::1"].contains(&&**host), "{host}");
}

#[tokio::test]
async fn socks_variable_applies_to_hosts_other_than_loopback() {
    let api = Peer::api().await;
    let (proxy, requests) = socks_proxy(api.address).await;
    let url = format!("socks5h://{proxy}");
    let result = list_with("http://api.test/v1", &[("ALL_PROXY", &url)]).await;
    assert_eq!(result, "ok");
    assert_eq!(requests.lock().unwrap()[0].host, "api.test");
}

#[tokio::test]
async fn refused_tunnel_error_contains_the_proxy_address() {
    for status in [403, 502] {
        let proxy = Peer::proxy(status).await;
        let url = format!("http://user:secret@{}", proxy.address);
        let error = list(builder("https://api.test/v1").proxy(&*url)).await;
        let in_variable = list_with("https://api.test/v1", &[("HTTPS_PROXY", &url)]).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Proxy);
        for text in [format!("{error:?}"), in_variable] {
            let expected = format!(
                "the proxy http://{} refused a tunnel to https://api.test",
                proxy.address
            );
            assert!(text.contains(&expected), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}

#[tokio::test]
async fn tunnel_that_requires_credentials_is_not_retried() {
    let proxy = Peer::proxy(407).await;
    let error = list(builder("https://api.test/v1").proxy(format!("http://{}", proxy.address)));
    let error = error.await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Proxy);
    assert!(text.contains("requires credentials for a tunnel"), "{text}");
    assert!(text.contains(&proxy.address.to_string()), "{text}");
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn forwarded_request_with_407_is_not_retried() {
    let proxy = Peer::proxy(407).await;
    let error = list(builder("http://api.test/v1").proxy(format!("http://{}", proxy.address)));
    let error = error.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Proxy, Some(407))
    );
    let text = error.to_string();
    assert!(
        text.contains(&format!("http://{}", proxy.address)),
        "{text}"
    );
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn error_of_a_forwarded_request_mentions_the_proxy() {
    let proxy = Peer::proxy(502).await;
    let proxied = builder("http://api.test/v1").proxy(format!("http://a:b@{}", proxy.address));
    let error = list(proxied.retry(RetryPolicy::none())).await.unwrap_err();
    assert_eq!(error.status(), Some(502));
    let text = error.to_string();
    let expected = format!("through the proxy http://{}", proxy.address);
    assert!(text.contains(&expected), "{text}");
    let page = Peer::start("127.0.0.1:0", Reply::html(200)).await;
    let proxied = builder("http://api.test/v1").proxy(format!("http://{}", page.address));
    let text = list(proxied).await.unwrap_err().to_string();
    assert!(text.contains("through the proxy"), "{text}");
}

#[tokio::test]
async fn unreachable_proxy_error_contains_its_address() {
    for (base_url, scheme) in [
        ("https://api.test/v1", "http"),
        ("http://api.test/v1", "http"),
        ("https://api.test/v1", "socks5h"),
    ] {
        let proxied = builder(base_url).proxy(format!("{scheme}://127.0.0.1:9"));
        let error = list(proxied.retry(RetryPolicy::none())).await.unwrap_err();
        let text = error.to_string();
        let expected = format!("the proxy {scheme}://127.0.0.1:9");
        assert!(text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn response_from_another_url_is_an_error() {
    let api = Peer::api().await;
    let location = format!("http://{}/elsewhere", api.address);
    let redirect = Reply::new(307, "").with("location", &location);
    let gateway = Peer::start("127.0.0.1:0", redirect).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().build().unwrap();
    let client = builder(&format!("http://{}/v1", gateway.address)).http_client(http);
    let permissions = client.build().unwrap().permissions("ft:a").unwrap();

    let listed = permissions.list().send().await.unwrap_err();
    let deleted = permissions.delete("cp_a").send().await.unwrap_err();

    for error in [listed, deleted] {
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Redirect);
        assert!(text.contains("followed a redirect"), "{text}");
        assert_eq!(error.attempts().len(), 1, "{text}");
    }
    assert_eq!(gateway.requests().len(), 2);
}

#[test]
fn proxy_setting_with_http_client_of_caller_fails() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let builders = [
        builder("https://api.test/v1").no_proxy(),
        builder("https://api.test/v1").proxy("http://proxy.test"),
    ];
    for builder in builders {
        let error = builder.http_client(http.clone()).build().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("has its own proxy settings"), "{text}");
    }
}
