//! TLS: certificates and HTTP/2, with real servers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a panic fails the test"
)]

mod servers;

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use permissions_ext::{Client, ClientBuilder, Error, ErrorKind, RetryPolicy};
use permissions_server::Server;
use tokio::net::TcpListener;

use self::servers::{Authority, guarded, http2_server, server, tunnel_proxy};

fn client(server: &Server, base_url: &str) -> ClientBuilder {
    Client::builder()
        .admin_key(server.admin_key())
        .base_url(base_url)
}

/// Creates a permission and returns the number of permissions.
async fn share(builder: ClientBuilder) -> Result<usize, Error> {
    let permissions = builder.build()?.permissions("ft:a")?;
    permissions.create(["proj_a"]).send().await?;
    Ok(permissions.list().send().await?.data().len())
}

#[tokio::test]
async fn http2_is_negotiated_by_alpn() {
    let authority = Authority::new("ours");
    let (base_url, streams) = http2_server(&authority, 0).await;
    let client = Client::builder()
        .admin_key("sk-admin-1")
        .base_url(base_url)
        .root_certificates(authority.pem());
    let permissions = client.build().unwrap().permissions("ft:a").unwrap();
    let page = permissions.list().send().await.unwrap();
    assert!(page.data().is_empty());
    assert_eq!(streams.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn refused_http2_stream_is_retried_by_the_policy_only() {
    let authority = Authority::new("ours");
    for (retries, expected) in [(0, 1), (2, 3)] {
        let (base_url, streams) = http2_server(&authority, usize::MAX).await;
        let retry = RetryPolicy::new()
            .max_retries(retries)
            .initial_delay(Duration::from_millis(1));
        let client = Client::builder()
            .admin_key("sk-admin-1")
            .base_url(base_url)
            .root_certificates(authority.pem())
            .retry(retry);
        let permissions = client.build().unwrap().permissions("ft:a").unwrap();
        permissions.list().send().await.unwrap_err();
        assert_eq!(streams.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn server_with_known_root_is_trusted() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("theirs"));
    let server = server(&authority, &["127.0.0.1"]).await;
    let builder = client(&server, server.base_url())
        .root_certificates(stranger.pem())
        .root_certificates(authority.pem());
    assert_eq!(share(builder).await.unwrap(), 1);
}

#[tokio::test]
async fn server_with_unknown_root_fails_once_with_remedy() {
    let server = server(&Authority::new("ours"), &["127.0.0.1"]).await;
    let error = share(client(&server, server.base_url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Certificate, "{error}");
    assert_eq!(error.attempts().len(), 1, "trying again does not help");
    let text = error.to_string();
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert!(
        error
            .remedy()
            .unwrap()
            .contains("pass that certificate to `root_certificates`")
    );
}

#[tokio::test]
async fn certificate_of_another_host_fails() {
    let authority = Authority::new("ours");
    let server = server(&authority, &["api.example.com"]).await;
    let builder = client(&server, server.base_url()).root_certificates(authority.pem());
    let error = share(builder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Certificate, "{error}");
    let remedy = error.remedy();
    assert_eq!(remedy.as_deref(), Some("check the host in the base URL"));
}

#[tokio::test]
async fn client_certificate_is_accepted() {
    let authority = Authority::new("ours");
    let (server, gateway) = guarded(&authority).await;
    let signed = authority.sign(&["a client"]);
    let (certificate, key) = (signed.certificate.pem(), signed.key.serialize_pem());
    let one_file = format!("{key}{certificate}");
    for (certificate, key) in [(&certificate, &key), (&one_file, &one_file)] {
        let builder = client(&server, &format!("https://{gateway}/v1"))
            .root_certificates(authority.pem())
            .client_certificate(certificate, key);
        assert_eq!(share(builder).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn missing_or_unknown_client_certificate_fails_with_remedy() {
    let authority = Authority::new("ours");
    let (server, gateway) = guarded(&authority).await;
    let builder =
        || client(&server, &format!("https://{gateway}/v1")).root_certificates(authority.pem());

    let missing = share(builder()).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Certificate, "{missing}");
    assert_eq!(missing.attempts().len(), 1, "trying again does not help");
    let remedy = missing.remedy().unwrap();
    assert!(
        remedy.contains("pass one to `client_certificate`"),
        "{remedy}"
    );

    let signed = Authority::new("theirs").sign(&["a client"]);
    let stranger =
        builder().client_certificate(signed.certificate.pem(), signed.key.serialize_pem());
    let refused = share(stranger).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Certificate, "{refused}");
    let remedy = refused.remedy().unwrap();
    assert!(
        remedy.contains("rejected the client certificate"),
        "{remedy}"
    );
}

#[tokio::test]
async fn handshake_without_answer_is_a_connect_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = Client::builder()
        .admin_key("sk-admin-1")
        .base_url(format!("https://{}/v1", silent.local_addr().unwrap()))
        .connect_timeout(Duration::from_millis(30))
        .retry(RetryPolicy::none());
    let error = share(builder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    let text = error.to_string();
    assert!(text.contains("no connection within 30ms"), "{text}");
}

/// Lists permissions with the settings of the environment. The next test runs this test in a child process with proxy
/// variables.
#[tokio::test]
async fn list_with_environment_settings_succeeds() {
    let authority = Authority::new("ours");
    let server = server(&authority, &["127.0.0.1"]).await;
    let variable = |name: &str, own: &str| std::env::var(name).unwrap_or_else(|_| own.to_owned());
    let builder = Client::builder()
        .admin_key(variable("TEST_KEY", server.admin_key()))
        .base_url(variable("TEST_BASE_URL", server.base_url()))
        .root_certificates(variable("TEST_ROOT", &authority.pem()));
    assert_eq!(share(builder).await.unwrap(), 1);
}

// Starts a child process, because environment variables belong to the whole process.
#[tokio::test]
async fn tls_through_proxy_tunnel_ends_at_the_server() {
    let authority = Authority::new("ours");
    let server = server(&authority, &["api.test"]).await;
    let (proxy, requests) = tunnel_proxy(server.address()).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "list_with_environment_settings_succeeds"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("HTTPS_PROXY", format!("http://user:word@{proxy}"))
        .env("TEST_KEY", server.admin_key())
        .env("TEST_BASE_URL", "https://api.test/v1")
        .env("TEST_ROOT", authority.pem());
    let output = tokio::task::spawn_blocking(move || child.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    assert_one_tunnel(&requests, "api.test:443", server.admin_key());
}

#[tokio::test]
async fn loopback_server_is_reached_through_explicit_proxy() {
    let authority = Authority::new("ours");
    let server = server(&authority, &["127.0.0.1"]).await;
    let (proxy, requests) = tunnel_proxy(server.address()).await;
    let builder = client(&server, server.base_url())
        .root_certificates(authority.pem())
        .proxy(format!("http://user:word@{proxy}"));
    assert_eq!(share(builder).await.unwrap(), 1);
    let target = server.address().to_string();
    assert_one_tunnel(&requests, &target, server.admin_key());
}

fn assert_one_tunnel(requests: &Mutex<Vec<String>>, target: &str, key: &str) {
    let requests = requests.lock().unwrap();
    let [head] = requests.as_slice() else {
        panic!("one connection for all requests, not {requests:?}");
    };
    assert!(head.starts_with(&format!("CONNECT {target} ")), "{head}");
    // The Base64 encoding of `user:word`.
    assert!(head.contains("Basic dXNlcjp3b3Jk"), "{head}");
    assert!(!head.contains(key), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocking_client_accepts_root_and_client_certificates() {
    let authority = Authority::new("ours");
    let (server, gateway) = guarded(&authority).await;
    let signed = authority.sign(&["a client"]);
    let client = permissions_ext::blocking::Client::builder()
        .admin_key(server.admin_key())
        .base_url(format!("https://{gateway}/v1"))
        .root_certificates(authority.pem())
        .client_certificate(signed.certificate.pem(), signed.key.serialize_pem())
        .build()
        .unwrap();
    let list = client.permissions("ft:a").unwrap().list();
    let page = tokio::task::spawn_blocking(|| list.send());
    assert!(page.await.unwrap().unwrap().data().is_empty());
}

#[test]
fn error_of_unusable_client_certificate_omits_the_key() {
    let authority = Authority::new("ours");
    let (one, other) = (authority.sign(&["one"]), authority.sign(&["other"]));
    let (certificate, key) = (one.certificate.pem(), one.key.serialize_pem());
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let broken = |pem: &str| pem.replacen("\nM", "\n%", 1);
    let garbled = |pem: &str| pem.replacen("\nM", "\nA", 1);
    let cases = [
        (
            "",
            key.as_str(),
            "client certificate contains no PEM certificate",
        ),
        (&key, &certificate, "are the two swapped"),
        (&certificate, "", "contains no PEM private key"),
        (&certificate, &certificate, "are the two swapped"),
        (&certificate, &encrypted, "is encrypted; decrypt it"),
        (
            &certificate,
            &broken(&key),
            "key of the client certificate cannot be read",
        ),
        (
            &certificate,
            &garbled(&key),
            "key of the client certificate cannot be used",
        ),
        (
            &broken(&certificate),
            &key,
            "client certificate cannot be read",
        ),
        (
            &garbled(&certificate),
            &key,
            "client certificate cannot be used",
        ),
        (&certificate, &other.key.serialize_pem(), "do not match"),
    ];
    let material: Vec<&str> = key.lines().filter(|line| !line.contains('-')).collect();
    for base_url in ["https://example.com", "http://localhost"] {
        for (certificate, key, reason) in &cases {
            let builder = Client::builder()
                .admin_key("sk-admin-1")
                .base_url(base_url)
                .client_certificate(certificate, key);
            let shown = format!("{builder:?}");
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            assert!(error.to_string().contains(reason), "{error}");
            for text in [shown, error.to_string(), format!("{error:?}")] {
                for secret in &material {
                    assert!(!text.contains(secret), "{text}");
                }
            }
        }
    }
}

#[test]
fn unusable_root_certificates_fail() {
    let authority = Authority::new("ours");
    let garbled = authority.pem().replacen("\nM", "\nA", 1);
    for (pem, reason) in [
        ("", "contain no PEM certificate"),
        ("not a certificate", "contain no PEM certificate"),
        (&garbled, "one of the root certificates cannot be used"),
        ("-----BEGIN CERTIFICATE-----\n%%\n", "cannot be read"),
    ] {
        let builder = Client::builder().admin_key("sk-admin-1");
        let error = builder.root_certificates(pem).build().unwrap_err();
        assert!(
            error.kind() == ErrorKind::Config && error.to_string().contains(reason),
            "{error}"
        );
    }
}
