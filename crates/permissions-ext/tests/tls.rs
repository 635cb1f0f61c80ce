//! TLS: certificates and HTTP/2, with real servers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::{Client, ClientBuilder, Error, ErrorKind, RetryPolicy};
use permissions_server::Server;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key.
struct Signed {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn sign(&self, names: &[&str]) -> Signed {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        Signed {
            certificate: params.signed_by(&key, &self.0).unwrap(),
            key,
        }
    }
}

/// Starts the server with TLS and a certificate for these names.
async fn server(authority: &Authority, names: &[&str]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert"), folder.path().join("key"));
    let signed = authority.sign(names);
    std::fs::write(&certificate, signed.certificate.pem()).unwrap();
    std::fs::write(&key, signed.key.serialize_pem()).unwrap();
    let builder = Server::builder().tls(&certificate, &key);
    builder.start().await.unwrap()
}

/// Starts a server behind a gateway that requires a client certificate from this certificate authority.
async fn guarded(authority: &Authority) -> (Server, SocketAddr) {
    let server = Server::start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = listener.local_addr().unwrap();
    let (acceptor, behind) = (acceptor(authority), server.address());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor.accept(stream).into_fallible().await {
                    Ok(mut stream) => {
                        let mut behind = TcpStream::connect(behind).await.unwrap();
                        let _ = copy_bidirectional(&mut stream, &mut behind).await;
                    }
                    // Closing with unread bytes would reset the connection and discard the alert.
                    Err((_, mut stream)) => {
                        while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {}
                    }
                }
            });
        }
    });
    (server, gateway)
}

/// Starts a server that speaks HTTP/2 only. It resets the first streams as refused and answers the
/// others with an empty list. Returns the base URL and the number of streams.
async fn http2_server(authority: &Authority, refused: usize) -> (String, Arc<AtomicUsize>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let own = authority.sign(&["127.0.0.1"]);
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![own.certificate.der().clone()],
            PrivateKeyDer::try_from(own.key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("https://{}/v1", listener.local_addr().unwrap());
    let streams = Arc::new(AtomicUsize::new(0));
    let count = streams.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let stream = acceptor.accept(stream).await.unwrap();
            let count = count.clone();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    if count.fetch_add(1, Ordering::Relaxed) < refused {
                        respond.send_reset(h2::Reason::REFUSED_STREAM);
                        continue;
                    }
                    let response = http::Response::new(());
                    let mut body = respond.send_response(response, false).unwrap();
                    let page = r#"{"object":"list","data":[],"has_more":false}"#;
                    body.send_data(page.into(), true).unwrap();
                }
            });
        }
    });
    (base_url, streams)
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let own = authority.sign(&["127.0.0.1"]);
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![own.certificate.der().clone()],
            PrivateKeyDer::try_from(own.key.serialize_der()).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

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
            .contains("pass it to `root_certificates`")
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

/// A proxy that connects every tunnel to one server. It records the head of each CONNECT request.
async fn tunnel_proxy(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let recorded = requests.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let recorded = recorded.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    stream.read_line(&mut head).await.unwrap();
                }
                recorded.lock().unwrap().push(head);
                let mut server = TcpStream::connect(server).await.unwrap();
                let opened = b"HTTP/1.1 200 OK\r\n\r\n";
                stream.write_all(opened).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (address, requests)
}

/// Lists permissions with the settings of the environment. The next test runs this one in a child process with proxy
/// variables.
#[tokio::test]
async fn list_with_environment_settings() {
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
        .args(["--exact", "list_with_environment_settings"])
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
    // The encoded form of `user:word`.
    assert!(head.contains("Basic dXNlcjp3b3Jk"), "{head}");
    assert!(!head.contains(key), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocking_client_accepts_the_same_certificates() {
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
fn unusable_client_certificate_fails_without_the_key() {
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
