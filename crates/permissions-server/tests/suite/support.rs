//! A client for the tests, plain on purpose: it shows what goes over the wire.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::serving::Serves;

pub const MODEL: &str = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";

/// Talks about one checkpoint to one server, or to several in turn.
pub struct Client {
    http: reqwest::Client,
    base_urls: Vec<String>,
    next: AtomicUsize,
    key: String,
    checkpoint: String,
}

/// Status and body of an answer.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn of(serving: &impl Serves) -> Self {
        Self::of_each(serving.base_urls(), &serving.key())
    }

    pub fn new(base_url: &str, key: &str) -> Self {
        Self::of_each(vec![base_url.to_owned()], key)
    }

    /// The same, about another checkpoint.
    pub fn about(self, checkpoint: &str) -> Self {
        Self {
            checkpoint: checkpoint.to_owned(),
            ..self
        }
    }

    fn of_each(base_urls: Vec<String>, key: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base_urls,
            next: AtomicUsize::new(0),
            key: key.to_owned(),
            checkpoint: MODEL.to_owned(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.base_urls.len();
        self.http
            .request(method, format!("{}{path}", self.base_urls[turn]))
            .bearer_auth(&self.key)
    }

    pub fn path(&self) -> String {
        format!("/fine_tuning/checkpoints/{}/permissions", self.checkpoint)
    }

    pub async fn list(&self, query: &str) -> Answer {
        answer(self.request(Method::GET, &format!("{}?{query}", self.path()))).await
    }

    pub async fn create(&self, project_ids: &[&str]) -> Answer {
        self.post(json!({ "project_ids": project_ids })).await
    }

    pub async fn post(&self, body: Value) -> Answer {
        answer(self.request(Method::POST, &self.path()).json(&body)).await
    }

    /// `None` if no answer came.
    pub async fn try_create(&self, project_ids: &[String]) -> Option<Answer> {
        let body = json!({ "project_ids": project_ids });
        whole(self.request(Method::POST, &self.path()).json(&body)).await
    }

    /// `None` if no answer came.
    pub async fn try_delete(&self, id: &str) -> Option<Answer> {
        let path = format!("{}/{id}", self.path());
        whole(self.request(Method::DELETE, &path)).await
    }

    /// Ids and projects over all pages; each page is checked on the way.
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
            assert_eq!(ids.len(), page, "a page that is not the last is full");
            after = format!("&after={}", ids[ids.len() - 1]);
        }
    }

    pub async fn delete(&self, id: &str) -> Answer {
        answer(self.request(Method::DELETE, &format!("{}/{id}", self.path()))).await
    }
}

impl Answer {
    /// One member of every item.
    pub fn each(&self, member: &str) -> Vec<&str> {
        self.body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("a list, not {self:?}"))
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

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    read(response).await
}

/// An answer that came whole, with status 200.
async fn whole(request: RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    assert_eq!(response.status(), 200);
    let body = response.bytes().await.ok()?;
    Some(Answer {
        status: 200,
        body: serde_json::from_slice(&body).ok()?,
    })
}

pub async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = response.bytes().await.expect("a whole body");
    Answer {
        status,
        body: serde_json::from_slice(&body).expect("JSON"),
    }
}
