//! A client written by hand, which decodes every field into an owned struct.

use anyhow::Context as _;
use permissions_ext::{PermissionId, ProjectId};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::Sdk;

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "every field is decoded, as by the other clients")]
struct Permission {
    object: String,
    id: String,
    created_at: i64,
    project_id: String,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "every field is decoded, as by the other clients")]
struct List {
    object: String,
    data: Vec<Permission>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

#[derive(Debug, Deserialize)]
struct Deleted {
    deleted: bool,
}

#[derive(Debug, Serialize)]
struct Create<'a> {
    project_ids: Vec<&'a str>,
}

pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub(crate) fn new(base_url: &str, checkpoint: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: format!("{base_url}/fine_tuning/checkpoints/{checkpoint}/permissions"),
        }
    }
}

impl Sdk for Client {
    fn name(&self) -> &'static str {
        "reqwest + serde_json by hand"
    }

    fn list(&self, runtime: &Runtime, page_size: u32) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            let mut after: Option<String> = None;
            loop {
                let mut request = self
                    .http
                    .get(&self.url)
                    .bearer_auth("sk-admin-bench")
                    .query(&[("limit", page_size)]);
                if let Some(after) = &after {
                    request = request.query(&[("after", after)]);
                }
                let page: List = request.send().await?.error_for_status()?.json().await?;
                for permission in page.data {
                    std::hint::black_box(&permission);
                    count += 1;
                }
                if !page.has_more {
                    return Ok(count);
                }
                after = Some(page.last_id.context("has_more without last_id")?);
            }
        })
    }

    fn create(&self, runtime: &Runtime, projects: &[ProjectId]) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            for project in projects {
                let body = Create {
                    project_ids: vec![project.as_str()],
                };
                let request = self
                    .http
                    .post(&self.url)
                    .bearer_auth("sk-admin-bench")
                    .json(&body);
                let list: List = request.send().await?.error_for_status()?.json().await?;
                count += list.data.len() as u64;
            }
            Ok(count)
        })
    }

    fn delete(&self, runtime: &Runtime, ids: &[PermissionId]) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            for id in ids {
                let request = self
                    .http
                    .delete(format!("{}/{id}", self.url))
                    .bearer_auth("sk-admin-bench");
                let deleted: Deleted = request.send().await?.error_for_status()?.json().await?;
                count += u64::from(deleted.deleted);
            }
            Ok(count)
        })
    }
}
