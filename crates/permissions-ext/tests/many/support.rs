//! A server with a client, and helper functions for the tests.

use permissions_ext::sync::{DesiredState, Plan};
use permissions_ext::{CheckpointId, Client};
use permissions_server::Server;

/// A server and a client for it.
pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await.unwrap();
        let client = Client::builder()
            .admin_key(server.admin_key())
            .base_url(server.base_url())
            .target_name("test");
        Self {
            client: client.build().unwrap(),
            server,
        }
    }

    pub(crate) async fn create(&self, checkpoint: &str, projects: &[&str]) {
        let permissions = self.client.permissions(checkpoint).unwrap();
        let create = permissions.create(projects.iter().copied());
        create.send().await.unwrap();
    }

    pub(crate) async fn delete_project(&self, checkpoint: &str, project: &str) {
        let permissions = self.client.permissions(checkpoint).unwrap();
        permissions.delete_project(project).send().await.unwrap();
    }

    /// Returns the projects with a permission, sorted.
    pub(crate) async fn projects(&self, checkpoint: &str) -> Vec<String> {
        let permissions = self.client.permissions(checkpoint).unwrap();
        let all = permissions.list().all().await.unwrap();
        let mut projects: Vec<String> = all.iter().map(|it| it.project_id.to_string()).collect();
        projects.sort();
        projects
    }

    pub(crate) async fn plan(&self, state: &[(&str, &[&str])]) -> Plan {
        self.client.plan(desired(state)).send().await.unwrap()
    }
}

pub(crate) fn id(checkpoint: &str) -> CheckpointId {
    checkpoint.parse().unwrap()
}

pub(crate) fn desired(state: &[(&str, &[&str])]) -> DesiredState {
    let mut desired = DesiredState::new();
    for (checkpoint, projects) in state {
        desired = desired
            .checkpoint(*checkpoint, projects.iter().copied())
            .unwrap();
    }
    desired
}
