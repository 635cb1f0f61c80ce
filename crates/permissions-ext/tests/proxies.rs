//! Proxies: variables, explicit proxies, SOCKS, refused tunnels, and which requests bypass them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

#[allow(dead_code, unreachable_pub, reason = "another test shares the module")]
#[path = "faults/support/wire.rs"]
mod wire;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::{Client, ClientBuilder, Error, ErrorKind, RetryPolicy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use self::wire::{Reply, Request};

const KEY: &str = "sk-admin-this-must-never-be-seen";
const EMPTY: &str = r#"{"object":"list","data":[],"has_more":false}"#;
const VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// A server that sends the same response to every request and records the requests.
struct Peer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Peer {
    async fn start(address: &str, reply: Reply) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let peer = Self {
            address: listener.local_addr().unwrap(),
            requests: requests.clone(),
        };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (reply, requests) = (reply.clone(), requests.clone());
                tokio::spawn(async move {
                    while let Some(request) = wire::read(&mut stream).await {
                        requests.lock().unwrap().push(request);
                        if !reply.send(&mut stream).await {
                            break;
                        }
                    }
                });
            }
        });
        peer
    }

    /// Starts a server that responds to every request with an empty list.
    async fn api() -> Self {
        Self::start("127.0.0.1:0", Reply::new(200, EMPTY)).await
    }

    /// Starts a proxy that responds to every request with this status.
    async fn proxy(status: u16) -> Self {
        Self::start(
            "127.0.0.1:0",
            Reply::html(status).with("x-should-retry", "true"),
        )
        .await
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request that a SOCKS5 proxy received.
#[derive(Debug, PartialEq)]
struct SocksRequest {
    host: String,
    login: Option<String>,
}

/// Starts a SOCKS5 proxy that forwards every connection to one server.
async fn socks_proxy(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<SocksRequest>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let recorded = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = socks_handshake(&mut stream).await.unwrap();
            recorded.lock().unwrap().push(request);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (address, requests)
}

/// Accepts a connection as RFC 1928 and RFC 1929 (user name and password) describe.
async fn socks_handshake(stream: &mut TcpStream) -> std::io::Result<SocksRequest> {
    async fn text(stream: &mut TcpStream) -> std::io::Result<String> {
        let mut text = vec![0; stream.read_u8().await?.into()];
        stream.read_exact(&mut text).await?;
        Ok(String::from_utf8(text).unwrap())
    }
    assert_eq!(stream.read_u8().await?, 5);
    let mut methods = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut methods).await?;
    let login = if methods.contains(&2) {
        stream.write_all(&[5, 2]).await?;
        assert_eq!(stream.read_u8().await?, 1);
        let user = text(stream).await?;
        let password = text(stream).await?;
        stream.write_all(&[1, 0]).await?;
        Some(format!("{user}:{password}"))
    } else {
        stream.write_all(&[5, 0]).await?;
        None
    };
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let host = match head[3] {
        1 => {
            let mut address = [0; 4];
            stream.read_exact(&mut address).await?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        3 => text(stream).await?,
        4 => {
            let mut address = [0; 16];
            stream.read_exact(&mut address).await?;
            std::net::Ipv6Addr::from(address).to_string()
        }
        other => panic!("address type {other}"),
    };
    let _port = stream.read_u16().await?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    Ok(SocksRequest { host, login })
}

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

/// Lists permissions with the settings of the environment and prints the result. Other tests run this one in a child
/// process, because they need other environment variables.
#[tokio::test]
async fn list_in_a_child_process() {
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
    child.args(["--exact", "list_in_a_child_process", "--nocapture"]);
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
async fn loopback_request_uses_no_proxy_of_the_environment() {
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
    // The encoded form of `a:b`.
    let credentials = requests[0].header("proxy-authorization");
    assert_eq!(credentials, Some("Basic YTpi"));
}

#[tokio::test]
async fn proxy_variable_applies_to_other_hosts() {
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
async fn unusable_proxy_variable_fails_with_its_name() {
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
fn unusable_explicit_proxy_fails_without_its_password() {
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
async fn socks_variable_applies_to_other_hosts() {
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
fn proxy_with_own_http_client_fails() {
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
