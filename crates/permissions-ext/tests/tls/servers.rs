//! Servers and proxies with certificates of a test authority.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key.
pub struct Signed {
    pub certificate: rcgen::Certificate,
    pub key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn sign(&self, names: &[&str]) -> Signed {
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
pub async fn server(authority: &Authority, names: &[&str]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert"), folder.path().join("key"));
    let signed = authority.sign(names);
    std::fs::write(&certificate, signed.certificate.pem()).unwrap();
    std::fs::write(&key, signed.key.serialize_pem()).unwrap();
    let builder = Server::builder().tls(&certificate, &key);
    builder.start().await.unwrap()
}

/// Starts a server behind a gateway that requires a client certificate from this certificate authority.
pub async fn guarded(authority: &Authority) -> (Server, SocketAddr) {
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
pub async fn http2_server(authority: &Authority, refused: usize) -> (String, Arc<AtomicUsize>) {
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

pub fn acceptor(authority: &Authority) -> TlsAcceptor {
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

/// A proxy that connects every tunnel to one server. It records the head of each CONNECT request.
pub async fn tunnel_proxy(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
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
