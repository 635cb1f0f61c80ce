//! A TLS gateway in front of the API that requires a client certificate.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{Fixture, Ran, run, snapshot};

/// A fixture behind a gateway. Its folder contains `ca.pem`, and the certificate and key that the gateway accepts,
/// `client.pem` and `client.key`.
struct Gateway {
    fixture: Fixture,
    base_url: String,
}

impl Gateway {
    fn new() -> Self {
        let fixture = Fixture::new();
        let authority = authority("ours");
        write(&fixture, "ca.pem", &authority.pem());
        let (certificate, key) = signed("a client", &authority);
        write(&fixture, "client.pem", &certificate.pem());
        write(&fixture, "client.key", &key.serialize_pem());
        let acceptor = acceptor(&authority);
        let behind = fixture.base_url().replace("http://", "").replace("/v1", "");
        let address = fixture.runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(forward(listener, acceptor, behind));
            address
        });
        Self {
            fixture,
            base_url: format!("https://{address}/v1"),
        }
    }

    fn run(&self, args: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.fixture.command(args.split_whitespace());
        command
            .env("OPENAI_BASE_URL", &self.base_url)
            .envs(variables.iter().copied());
        run(command)
    }
}

async fn forward(listener: TcpListener, acceptor: TlsAcceptor, behind: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, behind) = (acceptor.clone(), behind.clone());
        tokio::spawn(async move {
            match acceptor.accept(stream).into_fallible().await {
                Ok(mut stream) => {
                    let mut behind = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut behind).await;
                }
                // Reads to the end, because a reset could arrive before the TLS alert.
                Err((_, mut stream)) => while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {},
            }
        });
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn signed(name: &str, by: &Authority) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.signed_by(&key, by).unwrap(), key)
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let (own, key) = signed("127.0.0.1", authority);
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![own.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

fn write(fixture: &Fixture, name: &str, text: &str) {
    let path: PathBuf = fixture.folder().join(name);
    std::fs::write(path, text).unwrap();
}

const VARIABLES: [(&str, &str); 2] = [
    ("OPENAI_MTLS_CLIENT_CERT_FILE", "client.pem"),
    ("OPENAI_MTLS_CLIENT_KEY_FILE", "client.key"),
];

#[test]
fn client_certificate_is_accepted_by_gateway() {
    let gateway = Gateway::new();

    let created = gateway.run("create ft:a proj_a --ca-file ca.pem", &VARIABLES);
    assert_eq!(created.data().lines().count(), 1);
    let options =
        "--ca-file ca.pem --mtls-client-cert-file client.pem --mtls-client-key-file client.key";
    // Options override variables.
    let elsewhere = [("OPENAI_MTLS_CLIENT_CERT_FILE", "no-such-file")];
    let listed = gateway.run(&format!("list ft:a {options}"), &elsewhere);
    assert_eq!(listed.data().lines().count(), 1);

    let doctor = gateway.run(&format!("doctor ft:a {options}"), &[]);
    assert_eq!(doctor.code(), Some(0), "{doctor}");
    assert!(
        doctor
            .stdout()
            .contains("client.key  (--mtls-client-key-file)")
    );
}

#[test]
fn certificate_errors_have_a_remedy() {
    let gateway = Gateway::new();
    let (stranger, key) = signed("a client", &authority("theirs"));
    write(&gateway.fixture, "stranger.pem", &stranger.pem());
    write(&gateway.fixture, "stranger.key", &key.serialize_pem());

    let refused = |name: &str, args: &str, variables: &[(&str, &str)], code: i32| {
        let refused = gateway.run(args, variables);
        assert_eq!(
            (refused.code(), refused.stdout()),
            (Some(code), ""),
            "{refused}"
        );
        snapshot(name, &format!("permissions {args} {variables:?}"), &refused);
    };
    refused("tls-unknown-root", "list ft:a", &VARIABLES, 1);
    refused("tls-no-certificate", "list ft:a --ca-file ca.pem", &[], 1);
    refused(
        "tls-stranger",
        "list ft:a --ca-file ca.pem --mtls-client-cert-file stranger.pem --mtls-client-key-file stranger.key",
        &[],
        1,
    );
    refused(
        "tls-no-key",
        "list ft:a --mtls-client-cert-file client.pem",
        &[],
        64,
    );
    refused("tls-no-cert", "list ft:a", &VARIABLES[1..], 64);
    refused(
        "tls-missing-file",
        "list ft:a --ca-file no-such-file",
        &[],
        64,
    );
    refused(
        "tls-swapped",
        "list ft:a --mtls-client-cert-file client.key --mtls-client-key-file client.pem",
        &[],
        64,
    );
}

#[test]
fn plain_http_to_tls_port_is_explained() {
    let gateway = Gateway::new();
    let http = gateway.base_url.replace("https://", "http://");

    let refused = gateway.run(&format!("list ft:a --retries 0 --base-url {http}"), &[]);

    assert_ne!(refused.code(), Some(0));
    assert!(refused.stderr().contains("speaks TLS"), "{refused}");
}
