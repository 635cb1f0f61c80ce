//! A server over real sockets that does to a client whatever a test wants done.

pub mod network;
pub mod store;
pub mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::{CheckpointId, Client, ClientBuilder, Permissions, ProjectId, RetryPolicy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::network::{Network, Disturbance};
use self::store::Store;
use self::wire::{Reply, Request};

pub const KEY: &str = "sk-admin-this-must-never-be-seen";
pub const CHECKPOINT: &str = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";

/// What happens to one request instead of the right thing.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The request is not carried out.
    Before(Reply),
    /// The request is carried out, and the answer is this.
    After(Reply),
    /// The request is carried out, and its answer is changed.
    Twisted(fn(Vec<u8>) -> Reply),
}

/// The server, and what it has seen.
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
    pub async fn new() -> Self {
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

    /// A server whose store has a permission for each of these projects, oldest first.
    pub async fn with(projects: &[&str]) -> Self {
        let server = Self::new().await;
        for project in projects {
            server.shared.store.lock().unwrap().add(project);
        }
        server
    }

    /// A server whose store is as idempotent as said, and whose requests meet these disturbances one after the other, and
    /// then again from the first.
    pub async fn with_disturbances(disturbances: Vec<Disturbance>, idempotent: bool) -> Self {
        let server = Self::new().await;
        *server.shared.network.lock().unwrap() = Network::new(disturbances);
        server.shared.store.lock().unwrap().idempotent = idempotent;
        server
    }

    /// Carries out what is still on its way.
    pub fn settle(&self) {
        self.shared
            .network
            .lock()
            .unwrap()
            .settle(&mut self.shared.store.lock().unwrap());
    }

    /// What happens to the next request of this method that nothing else is to happen to.
    pub fn fault(&self, method: &str, fault: Fault) -> &Self {
        self.shared
            .faults
            .lock()
            .unwrap()
            .push_back((method.to_owned(), fault));
        self
    }

    /// Answers the next requests of this method with these, without carrying them out.
    pub fn answers(&self, method: &str, replies: impl IntoIterator<Item = Reply>) -> &Self {
        for reply in replies {
            self.fault(method, Fault::Before(reply));
        }
        self
    }

    pub fn builder(&self) -> ClientBuilder {
        let retry = RetryPolicy::new().initial_delay(Duration::from_millis(1));
        Client::builder()
            .admin_key(KEY)
            .base_url(format!("http://{}/v1", self.address))
            .retry(retry)
    }

    pub fn permissions(&self) -> Permissions {
        self.builder().build().unwrap().permissions(checkpoint()).unwrap()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Returns once this many requests have come in.
    pub async fn wait_for(&self, requests: usize) {
        let mut count = self.shared.count.subscribe();
        count.wait_for(|count| *count >= requests).await.unwrap();
    }

    /// Returns once every connection has been let go of.
    pub async fn wait_until_disconnected(&self) {
        self.shared
            .open
            .subscribe()
            .wait_for(|open| *open == 0)
            .await
            .unwrap();
    }

    /// How many connections have been made.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// The methods of the requests so far, such as `GET POST`.
    pub fn methods(&self) -> String {
        self.requests()
            .into_iter()
            .map(|request| request.method)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The projects that have a permission, oldest first, as often as they have one.
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
            Some(Fault::Twisted(twist)) => twist(store.process(request).bytes()),
        }
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    *shared.connections.lock().unwrap() += 1;
    shared.open.send_modify(|open| *open += 1);
    while let Some(request) = wire::read(&mut stream).await {
        if !shared.reply(&request).play(&mut stream).await {
            break;
        }
    }
    shared.open.send_modify(|open| *open -= 1);
}

pub fn checkpoint() -> CheckpointId {
    CHECKPOINT.parse().unwrap()
}

pub fn project(id: &str) -> ProjectId {
    id.parse().unwrap()
}

pub fn projects(ids: &[&str]) -> Vec<ProjectId> {
    ids.iter().map(|id| project(id)).collect()
}
