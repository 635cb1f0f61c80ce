//! Servers and proxies that record their requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::wire::{self, Reply, Request};

pub const EMPTY: &str = r#"{"object":"list","data":[],"has_more":false}"#;

/// A server that sends the same response to every request and records the requests.
pub struct Peer {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Peer {
    pub async fn start(address: &str, reply: Reply) -> Self {
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
    pub async fn api() -> Self {
        Self::start("127.0.0.1:0", Reply::new(200, EMPTY)).await
    }

    /// Starts a proxy that responds to every request with this status.
    pub async fn proxy(status: u16) -> Self {
        Self::start(
            "127.0.0.1:0",
            Reply::html(status).with("x-should-retry", "true"),
        )
        .await
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request that a SOCKS5 proxy received.
#[derive(Debug, PartialEq)]
pub struct SocksRequest {
    pub host: String,
    pub login: Option<String>,
}

/// Starts a SOCKS5 proxy that forwards every connection to one server.
pub async fn socks_proxy(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<SocksRequest>>>) {
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
pub async fn socks_handshake(stream: &mut TcpStream) -> std::io::Result<SocksRequest> {
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
