//! A server over real sockets that injects faults.

pub mod network;
pub mod store;
pub mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::{CheckpointId, Client, ClientBuilder, List, Permissions, RetryPolicy};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::network::{Disturbance, Network};
use self::store::Store;
use self::wire::{Reply, Request};

pub const KEY: &str = "sk-admin-this-must-never-be-seen";
pub const CHECKPOINT: &str = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";

/// A fault that affects one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Sends this reply without processing the request.
    Before(Reply),
    /// Processes the request, then sends this reply.
    After(Reply),
    /// Processes the request, passes the bytes of the response to this function, and sends the returned reply.
    Changed(fn(Vec<u8>) -> Reply),
}

/// A server with a store, faults and a record of requests.
pub struct FaultServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    count: watch::Sender<usize>,
    connections: Mutex<usize>,
    open: watch::Sender<usize>,
    store: Mutex<Store>,
    network: Mutex<Network>,
    faults: Mutex<VecDeque<(String, Fault)>>,
}

impl FaultServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, shared.clone()));
                }
            }
        });
        Self {
            address,
            shared,
            accepting,
        }
    }

    /// Starts a server with a permission for each project, oldest first.
    pub async fn with_permissions(projects: &[&str]) -> Self {
        let server = Self::start().await;
        for project in projects {
            server.shared.store.lock().unwrap().add(project);
        }
        server
    }

    /// Sets the projects of the organization.
    pub fn set_projects(&self, projects: Vec<Value>) {
        self.shared.store.lock().unwrap().organization = projects;
    }

    /// Starts a server that injects these network faults, one per request. After the last fault, the server starts
    /// again with the first fault.
    pub async fn with_disturbances(disturbances: Vec<Disturbance>, idempotent: bool) -> Self {
        let server = Self::start().await;
        *server.shared.network.lock().unwrap() = Network::new(disturbances);
        server.shared.store.lock().unwrap().idempotent = idempotent;
        server
    }

    /// Processes the requests that are still delayed.
    pub fn deliver_delayed(&self) {
        self.shared
            .network
            .lock()
            .unwrap()
            .deliver_all(&mut self.shared.store.lock().unwrap());
    }

    /// Adds a fault for the next request with this method that does not have a fault yet.
    pub fn fault(&self, method: &str, fault: Fault) -> &Self {
        self.shared
            .faults
            .lock()
            .unwrap()
            .push_back((method.to_owned(), fault));
        self
    }

    /// Replies to the next requests with this method, without processing them.
    pub fn respond(&self, method: &str, replies: impl IntoIterator<Item = Reply>) -> &Self {
        for reply in replies {
            self.fault(method, Fault::Before(reply));
        }
        self
    }

    pub fn client_builder(&self) -> ClientBuilder {
        let retry = RetryPolicy::new().initial_delay(Duration::from_millis(1));
        Client::builder()
            .admin_key(KEY)
            .base_url(format!("http://{}/v1", self.address))
            .retry(retry)
    }

    pub fn permissions(&self) -> Permissions {
        permissions(self.client_builder())
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until this many requests have arrived.
    pub async fn wait_for_requests(&self, requests: usize) {
        let mut count = self.shared.count.subscribe();
        count.wait_for(|count| *count >= requests).await.unwrap();
    }

    /// Waits until every connection is closed.
    pub async fn wait_until_disconnected(&self) {
        self.shared
            .open
            .subscribe()
            .wait_for(|open| *open == 0)
            .await
            .unwrap();
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// Returns the methods of the requests so far, such as `GET POST`.
    pub fn methods(&self) -> String {
        self.requests()
            .into_iter()
            .map(|request| request.method)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Returns the project of each permission, oldest first.
    pub fn projects(&self) -> Vec<String> {
        self.shared
            .store
            .lock()
            .unwrap()
            .projects()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn reply(&self, request: &Request) -> Reply {
        self.requests.lock().unwrap().push(request.clone());
        self.count.send_modify(|count| *count += 1);
        let mut faults = self.faults.lock().unwrap();
        let due = faults
            .iter()
            .position(|(method, _)| *method == request.method);
        let fault = due.and_then(|at| faults.remove(at)).map(|(_, fault)| fault);
        drop(faults);
        let mut store = self.store.lock().unwrap();
        match fault {
            None => self.network.lock().unwrap().reply(request, &mut store),
            Some(Fault::Before(reply)) => reply,
            Some(Fault::After(reply)) => {
                store.process(request);
                reply
            }
            Some(Fault::Changed(change)) => change(store.process(request).bytes()),
        }
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    *shared.connections.lock().unwrap() += 1;
    shared.open.send_modify(|open| *open += 1);
    while let Some(request) = wire::read(&mut stream).await {
        if !shared.reply(&request).send(&mut stream).await {
            break;
        }
    }
    shared.open.send_modify(|open| *open -= 1);
}

pub fn checkpoint() -> CheckpointId {
    CHECKPOINT.parse().unwrap()
}

/// Builds a client and returns the permissions of the checkpoint.
pub fn permissions(builder: ClientBuilder) -> Permissions {
    builder.build().unwrap().permissions(checkpoint()).unwrap()
}

/// Builds a client and returns the list of the checkpoint's permissions.
pub fn list(builder: ClientBuilder) -> List {
    permissions(builder).list()
}
