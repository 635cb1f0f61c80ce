//! async-openai, with a loop over the pages written here, because async-openai has none.

use anyhow::Context as _;
use async_openai::config::OpenAIConfig;
use async_openai::traits::RequestOptionsBuilder as _;
use async_openai::types::finetuning::{
    CreateFineTuningCheckpointPermissionRequest, ListFineTuningCheckpointPermissionsQuery,
};
use permissions_ext::{PermissionId, ProjectId};
use tokio::runtime::Runtime;

use crate::Sdk;

pub(crate) struct Client {
    client: async_openai::Client<OpenAIConfig>,
    checkpoint: String,
}

impl Client {
    pub(crate) fn new(base_url: &str, checkpoint: &str) -> Self {
        let config = OpenAIConfig::new()
            .with_api_key("sk-admin-bench")
            .with_api_base(base_url);
        Self {
            client: async_openai::Client::with_config(config),
            checkpoint: checkpoint.to_owned(),
        }
    }
}

impl Sdk for Client {
    fn name(&self) -> &'static str {
        "async-openai"
    }

    fn list(&self, runtime: &Runtime, page_size: u32) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            let mut query = ListFineTuningCheckpointPermissionsQuery {
                limit: Some(page_size),
                ..Default::default()
            };
            loop {
                let page = self
                    .client
                    .fine_tuning()
                    .query(&query)?
                    .list_checkpoint_permissions(&self.checkpoint)
                    .await?;
                for permission in page.data {
                    std::hint::black_box(&permission);
                    count += 1;
                }
                if !page.has_more {
                    return Ok(count);
                }
                query.after = Some(page.last_id.context("has_more without last_id")?);
            }
        })
    }

    fn create(&self, runtime: &Runtime, projects: &[ProjectId]) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            for project in projects {
                let request = CreateFineTuningCheckpointPermissionRequest {
                    project_ids: vec![project.as_str().to_owned()],
                };
                let list = self
                    .client
                    .fine_tuning()
                    .create_checkpoint_permissions(&self.checkpoint, request)
                    .await?;
                count += list.data.len() as u64;
            }
            Ok(count)
        })
    }

    fn delete(&self, runtime: &Runtime, ids: &[PermissionId]) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            for id in ids {
                let deleted = self
                    .client
                    .fine_tuning()
                    .delete_checkpoint_permissions(&self.checkpoint, id.as_str())
                    .await?;
                count += u64::from(deleted.deleted);
            }
            Ok(count)
        })
    }
}
