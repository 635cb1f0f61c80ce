use permissions_api as api;
use serde::{Deserialize, Serialize};

use super::List;
use super::item::{Content, Item, Listed};
use crate::action::Action;
use crate::model::{CheckpointId, InvalidId, Order, Permission, PermissionId, ProjectId};
use crate::permissions::Permissions;

/// The parameters that select which permissions a list contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PermissionQuery {
    checkpoint: CheckpointId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
}

impl Permissions {
    /// Lists the permissions. The newest come first, unless [`List::order`] is set.
    pub fn list(&self) -> List {
        let query = PermissionQuery {
            checkpoint: self.checkpoint().clone(),
            order: None,
            project_id: None,
        };
        List::new(self.client().clone(), query)
    }
}

impl List {
    /// Sets the order by creation time. By default, the newest permission comes first.
    pub fn order(mut self, order: Order) -> Self {
        self.query.order = Some(order);
        self
    }

    /// Lists only the permissions of this project.
    ///
    /// If a response contains a permission of another project, the server has ignored the filter, and the list fails.
    pub fn project_id(
        mut self,
        project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>,
    ) -> Self {
        self.query.project_id = self.options.id(project_id);
        self
    }
}

impl Item for Permission {
    type Id = PermissionId;
}

impl Listed<PermissionId> for Permission {
    type Query = PermissionQuery;
    type Response = api::types::PermissionList;

    fn id(&self) -> &PermissionId {
        &self.id
    }

    fn action(query: &PermissionQuery) -> Action {
        Action::List(query.checkpoint.clone())
    }

    async fn request(
        query: &PermissionQuery,
        after: Option<&PermissionId>,
        limit: u32,
        api: &api::Client,
    ) -> Result<api::ResponseValue<Self::Response>, api::Error<()>> {
        let mut request = api
            .list_checkpoint_permissions()
            .fine_tuned_model_checkpoint(query.checkpoint.clone())
            .limit(limit);
        if let Some(after) = after {
            request = request.after(after.clone());
        }
        if let Some(order) = query.order {
            request = request.order(order.to_api());
        }
        if let Some(project_id) = &query.project_id {
            request = request.project_id(project_id.clone());
        }
        request.send().await
    }

    fn content(
        query: &PermissionQuery,
        response: Self::Response,
    ) -> Result<Content<Self, PermissionId>, String> {
        if let Some(project_id) = &query.project_id
            && let Some(other) = response.data.iter().find(|it| it.project_id != *project_id)
        {
            return Err(format!(
                "the list of project {project_id} contains a permission of project {}: \
                 the server ignores the filter",
                other.project_id
            ));
        }
        Ok(Content {
            data: response.data.into_iter().map(Self::from_api).collect(),
            first_id: response.first_id,
            last_id: response.last_id,
            has_more: response.has_more,
        })
    }

    fn resume(query: &mut PermissionQuery, saved: &PermissionQuery) {
        query.order = saved.order;
        query.project_id.clone_from(&saved.project_id);
    }

    fn mismatch(query: &PermissionQuery, saved: &PermissionQuery) -> String {
        if saved.checkpoint != query.checkpoint {
            let checkpoint = &saved.checkpoint;
            return format!(
                "the position belongs to checkpoint {checkpoint}: resume the list of that checkpoint"
            );
        }
        "the position belongs to a list with another order or project: \
         remove `order` and `project_id`, because `resume` sets them"
            .to_owned()
    }
}
