//! A client that shows status and body of each response to the test.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use permissions_server::Server;

pub const MODEL: &str = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";

/// Servers with one database, and an admin key that all of them accept.
pub trait Endpoints: Send + Sync {
    fn base_urls(&self) -> Vec<String>;
    fn key(&self) -> String;
}

impl Endpoints for Server {
    fn base_urls(&self) -> Vec<String> {
        vec![self.base_url().to_owned()]
    }

    fn key(&self) -> String {
        self.admin_key().to_owned()
    }
}

impl Endpoints for Box<dyn Endpoints> {
    fn base_urls(&self) -> Vec<String> {
        (**self).base_urls()
    }

    fn key(&self) -> String {
        (**self).key()
    }
}

/// Sends requests for one checkpoint to the servers in turn.
pub struct Client {
    http: reqwest::Client,
    base_urls: Vec<String>,
    next: AtomicUsize,
    key: String,
    checkpoint: String,
}

/// Status and body of a response.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn of(endpoints: &impl Endpoints) -> Self {
        Self::with(endpoints.base_urls(), &endpoints.key())
    }

    pub fn new(base_url: &str, key: &str) -> Self {
        Self::with(vec![base_url.to_owned()], key)
    }

    /// Sets the checkpoint of the next requests.
    pub fn checkpoint(self, checkpoint: &str) -> Self {
        Self {
            checkpoint: checkpoint.to_owned(),
            ..self
        }
    }

    fn with(base_urls: Vec<String>, key: &str) -> Self {
        Self {
            http: http(),
            base_urls,
            next: AtomicUsize::new(0),
            key: key.to_owned(),
            checkpoint: MODEL.to_owned(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let index = self.next.fetch_add(1, Ordering::Relaxed) % self.base_urls.len();
        self.http
            .request(method, format!("{}{path}", self.base_urls[index]))
            .bearer_auth(&self.key)
    }

    pub fn path(&self) -> String {
        format!("/fine_tuning/checkpoints/{}/permissions", self.checkpoint)
    }

    pub async fn list(&self, query: &str) -> Reply {
        send(self.request(Method::GET, &format!("{}?{query}", self.path()))).await
    }

    pub async fn create(&self, project_ids: &[&str]) -> Reply {
        self.post(json!({ "project_ids": project_ids })).await
    }

    pub async fn post(&self, body: Value) -> Reply {
        send(self.request(Method::POST, &self.path()).json(&body)).await
    }

    /// Returns `None` if the connection is lost before the end of the response.
    pub async fn try_create(&self, project_ids: &[String]) -> Option<Reply> {
        let body = json!({ "project_ids": project_ids });
        complete(self.request(Method::POST, &self.path()).json(&body)).await
    }

    /// Returns `None` if the connection is lost before the end of the response.
    pub async fn try_delete(&self, id: &str) -> Option<Reply> {
        let path = format!("{}/{id}", self.path());
        complete(self.request(Method::DELETE, &path)).await
    }

    /// Reads all pages and checks each one. Returns ids and project ids.
    pub async fn all(&self, order: &str, page: usize) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let found = self
                .list(&format!("order={order}&limit={page}{after}"))
                .await;
            assert_eq!(found.status, 200, "{found:?}");
            let ids = found.each("id");
            assert_eq!(found.body["first_id"].as_str(), ids.first().copied());
            assert_eq!(found.body["last_id"].as_str(), ids.last().copied());
            let own = |text: &str| text.to_owned();
            all.extend(
                ids.iter()
                    .map(|id| own(id))
                    .zip(found.each("project_id").into_iter().map(own)),
            );
            if !found.body["has_more"].as_bool().expect("a boolean") {
                return all;
            }
            assert_eq!(ids.len(), page, "only the last page may be short");
            after = format!("&after={}", ids[ids.len() - 1]);
        }
    }

    pub async fn delete(&self, id: &str) -> Reply {
        send(self.request(Method::DELETE, &format!("{}/{id}", self.path()))).await
    }
}

impl Reply {
    /// Returns one property of every permission.
    pub fn each(&self, member: &str) -> Vec<&str> {
        self.body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("expected a list, found {self:?}"))
            .iter()
            .map(|item| item[member].as_str().expect("a string"))
            .collect()
    }

    pub fn error(&self) -> (u16, &str, Option<&str>) {
        let error = &self.body["error"];
        for member in ["message", "type", "param", "code"] {
            assert!(error.get(member).is_some(), "no {member} in {self:?}");
        }
        (
            self.status,
            error["code"].as_str().expect("a code"),
            error["param"].as_str(),
        )
    }
}

pub async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("a response");
    read(response).await
}

/// A complete response with status 200.
async fn complete(request: RequestBuilder) -> Option<Reply> {
    let response = request.send().await.ok()?;
    assert_eq!(response.status(), 200);
    let body = response.bytes().await.ok()?;
    Some(Reply {
        status: 200,
        body: serde_json::from_slice(&body).ok()?,
    })
}

pub async fn read(response: Response) -> Reply {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = response.bytes().await.expect("a complete body");
    Reply {
        status,
        body: serde_json::from_slice(&body).expect("JSON"),
    }
}

/// Returns an HTTP client.
///
/// A build of the whole workspace enables rustls in reqwest, but without a TLS provider. Then `reqwest::Client::new`
/// panics unless the process has installed a TLS provider.
pub fn http() -> reqwest::Client {
    // Fails if another test has installed the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
