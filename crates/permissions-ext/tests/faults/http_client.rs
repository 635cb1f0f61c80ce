//! Requests through the caller's HTTP client, and proxies from the environment.

use std::process::Command;
use std::time::Duration;

use permissions_ext::{Client, ClientBuilder, ErrorKind, RetryPolicy};

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, checkpoint};

fn without_redirects() -> reqwest::ClientBuilder {
    // reqwest's own TLS setup needs a default crypto provider, and this crate enables rustls without one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

#[tokio::test]
async fn timeout_of_http_client_applies_unless_overridden() {
    let server = FaultServer::start().await;
    server.respond("GET", vec![Reply::Stall(vec![]); 3]);
    let builder = |timeout| {
        let http = without_redirects()
            .timeout(Duration::from_millis(timeout))
            .build()
            .unwrap();
        server
            .client_builder()
            .http_client(http)
            .retry(RetryPolicy::none())
    };
    let short = Duration::from_millis(30);
    let client = builder(30).build().unwrap();
    let by_http_client = client.permissions(checkpoint()).unwrap().list();
    let client = builder(600_000).timeout(short).build().unwrap();
    let by_builder = client.permissions(checkpoint()).unwrap().list();
    let client = builder(600_000).build().unwrap();
    let by_request = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .timeout(short);
    for list in [by_http_client, by_builder, by_request] {
        let error = list.send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Timeout, "{error}");
        assert!(!error.to_string().contains("1844674407"), "{error}");
    }
}

#[tokio::test]
async fn every_page_is_requested_by_http_client() {
    let server = FaultServer::with_permissions(&["proj_1", "proj_2", "proj_3"]).await;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-own", "yes".parse().unwrap());
    let http = without_redirects()
        .default_headers(headers)
        .build()
        .unwrap();
    let client = server.client_builder().http_client(http).build().unwrap();
    let mut stream = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .page_size(1)
        .stream();
    while let Some(permission) = stream.next().await {
        permission.unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.header("x-own") == Some("yes"))
    );
}

#[tokio::test]
async fn next_page_keeps_options_of_first_page() {
    let server = FaultServer::with_permissions(&["proj_1", "proj_2"]).await;
    let list = server.permissions().list().page_size(1);
    let list = list.query("x", "1").header("x-own", "yes");
    let first = list.clone().send().await.unwrap();
    for _ in 0..2 {
        let second = first.next().await.unwrap().unwrap();
        assert!(second.next().await.unwrap().is_none());
    }
    let again = list.send().await.unwrap();
    assert_eq!(again.data()[0].id, first.data()[0].id);
    let requests = server.requests();
    let targets: Vec<&str> = requests.iter().map(|one| one.target.as_str()).collect();
    assert_eq!((targets[0], targets[1]), (targets[3], targets[2]));
    assert!(
        requests
            .iter()
            .all(|one| one.header("x-own") == Some("yes"))
    );
}

#[tokio::test]
async fn root_certificates_with_http_client_are_refused() {
    let http = without_redirects().build().unwrap();
    let builder = Client::builder().admin_key(KEY).http_client(http);
    let error = builder.root_certificates("none").build().unwrap_err();
    assert!(
        error.to_string().contains("has its own TLS settings"),
        "{error}"
    );
}

/// The next test runs this test in a child process with other environment variables. If `OPENAI_BASE_URL` is not set,
/// this test sends its request to its own server.
#[tokio::test]
async fn list_uses_base_url_from_environment() {
    let server = FaultServer::start().await;
    let base_url = format!("http://{}/v1", server.address);
    let client = ClientBuilder::from_variables(|name| match name {
        "OPENAI_ADMIN_KEY" => Some(KEY.into()),
        "OPENAI_BASE_URL" => std::env::var_os(name).or_else(|| Some(base_url.clone().into())),
        _ => None,
    });
    let client = client
        .allow_http()
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn proxies_from_environment_are_used() {
    for (variable, base_url, method, works) in [
        ("HTTP_PROXY", "http://api.test/v1", "GET", true),
        // The server refuses to create a tunnel.
        ("HTTPS_PROXY", "https://api.test/v1", "CONNECT", false),
    ] {
        let server = FaultServer::start().await;
        server.respond("CONNECT", [Reply::new(502, "")]);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args([
                "--exact",
                "http_client::list_uses_base_url_from_environment",
            ])
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .env_remove(variable.to_lowercase())
            .env(variable, format!("http://user:word@{}", server.address))
            .env("OPENAI_BASE_URL", base_url);
        let output = tokio::task::spawn_blocking(move || child.output().unwrap());
        let output = output.await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("running 1 test"), "{text}");
        assert_eq!(output.status.success(), works, "{text}");
        assert_eq!(server.methods(), method, "{text}");
        let request = &server.requests()[0];
        assert!(request.target.contains("api.test"), "{text}");
        // The Base64 encoding of `user:word`.
        assert_eq!(
            request.header("proxy-authorization"),
            Some("Basic dXNlcjp3b3Jk")
        );
    }
}
