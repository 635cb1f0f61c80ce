//! permissions-ext.

use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, PermissionId, Permissions, ProjectId};
use tokio::runtime::Runtime;

use crate::Sdk;

pub(crate) struct Client {
    permissions: Permissions,
}

impl Client {
    pub(crate) fn new(base_url: &str, checkpoint: &CheckpointId) -> anyhow::Result<Self> {
        let client = permissions_ext::Client::builder()
            .admin_key("sk-admin-bench")
            .base_url(base_url)
            .build()?;
        Ok(Self {
            permissions: client.permissions(checkpoint)?,
        })
    }
}

impl Sdk for Client {
    fn name(&self) -> &'static str {
        "permissions-ext"
    }

    fn list(&self, runtime: &Runtime, page_size: u32) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut all = self.permissions.list().page_size(page_size).stream();
            let mut count = 0;
            while let Some(permission) = all.try_next().await? {
                std::hint::black_box(&permission);
                count += 1;
            }
            Ok(count)
        })
    }

    fn create(&self, runtime: &Runtime, projects: &[ProjectId]) -> anyhow::Result<u64> {
        runtime.block_on(async {
            let mut count = 0;
            for project in projects {
                count += self
                    .permissions
                    .create([project.clone()])
                    .send()
                    .await?
                    .len() as u64;
            }
            Ok(count)
        })
    }

    fn delete(&self, runtime: &Runtime, ids: &[PermissionId]) -> anyhow::Result<u64> {
        runtime.block_on(async {
            for id in ids {
                self.permissions.delete(id).send().await?;
            }
            Ok(ids.len() as u64)
        })
    }
}
