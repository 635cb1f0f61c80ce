//! A real server, and short words for what the tests do with it.

use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, Client, Desired, Permission, Plan, ProjectId};
use permissions_server::Server;

/// A server and a client of it.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await.unwrap();
        let client = Client::builder()
            .admin_key(server.admin_key())
            .base_url(server.base_url());
        Self {
            client: client.build().unwrap(),
            server,
        }
    }

    pub(crate) async fn give(&self, checkpoint: &str, projects: &[&str]) {
        self.client
            .permissions(&id(checkpoint))
            .create(ids(projects))
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn live(&self, checkpoint: &str) -> Vec<String> {
        let list = self.client.permissions(&id(checkpoint)).list();
        let all: Vec<Permission> = list.stream().try_collect().await.unwrap();
        let mut projects: Vec<String> = all
            .into_iter()
            .map(|one| one.project_id.to_string())
            .collect();
        projects.sort();
        projects
    }

    pub(crate) async fn plan(&self, desired: &[(&str, &[&str])]) -> Plan {
        let desired: Desired = desired
            .iter()
            .map(|(checkpoint, projects)| (id(checkpoint), ids(projects)))
            .collect();
        self.client.plan(desired).send().await.unwrap()
    }
}

pub(crate) fn id(checkpoint: &str) -> CheckpointId {
    checkpoint.parse().unwrap()
}

pub(crate) fn ids(projects: &[&str]) -> Vec<ProjectId> {
    projects
        .iter()
        .map(|project| project.parse().unwrap())
        .collect()
}
