use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;

use crate::options::RequestOptions;
use crate::transport::Deadline;
use crate::{CheckpointId, Client, Error, Permission, Permissions, ProjectId};

/// Up to so many projects are looked up one by one; for more, the whole list is read.
const LOOKED_UP_ONE_BY_ONE: usize = 3;

/// Reads the live state, within the deadline of the call it is part of.
pub(super) struct Live<'a> {
    client: &'a Client,
    options: &'a RequestOptions,
    deadline: Deadline,
}

impl<'a> Live<'a> {
    pub(super) fn new(client: &'a Client, options: &'a RequestOptions) -> Self {
        Self {
            client,
            options,
            deadline: client.transport().deadline(options),
        }
    }

    /// Every permission of a checkpoint as it is now, or at least those of some projects.
    pub(super) async fn read(
        &self,
        checkpoint: &CheckpointId,
        only: Option<&BTreeSet<ProjectId>>,
    ) -> Result<Vec<Permission>, Error> {
        let list = Permissions::new(self.client.clone(), checkpoint.clone()).list();
        let Some(projects) = only.filter(|only| only.len() <= LOOKED_UP_ONE_BY_ONE) else {
            let all = list.stream_within(self.options, self.deadline);
            return all.try_collect().await;
        };
        let mut permissions = Vec::new();
        for project_id in projects {
            let list = list.clone().project_id(project_id.clone());
            let mut found = list.stream_within(self.options, self.deadline);
            while let Some(permission) = found.try_next().await? {
                // A server that does not know the filter must not make one project's permission another's.
                if permission.project_id == *project_id {
                    permissions.push(permission);
                }
            }
        }
        Ok(permissions)
    }

    /// The wishes of a call within this one, which ends when this one has to.
    pub(super) fn options(&self) -> RequestOptions {
        let options = self.options.clone();
        RequestOptions {
            deadline: self.deadline.left(),
            ..options
        }
    }
}
