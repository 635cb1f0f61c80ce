//! The list of projects.

use permissions_api as api;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::client::Client;
use crate::list::{Content, Item, List, Listed};
use crate::model::{Project, ProjectId};

/// The parameters that select which projects a list contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProjectQuery {
    include_archived: bool,
}

impl Client {
    /// Lists the projects of the organization. The list contains archived projects only if [`List::include_archived`]
    /// is set.
    ///
    /// ```
    /// use permissions_ext::Project;
    ///
    /// # async fn run(client: permissions_ext::Client) -> Result<(), permissions_ext::Error> {
    /// let projects: Vec<Project> = client.projects().include_archived(true).all().await?;
    /// for project in projects {
    ///     println!("{} {}", project.id, project.name.unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn projects(&self) -> List<Project> {
        let query = ProjectQuery {
            include_archived: false,
        };
        List::new(self.clone(), query)
    }
}

impl List<Project> {
    /// Sets whether the list contains archived projects. The default is false.
    pub fn include_archived(mut self, include: bool) -> Self {
        self.query.include_archived = include;
        self
    }
}

impl Item for Project {
    type Id = ProjectId;
}

impl Listed<ProjectId> for Project {
    type Query = ProjectQuery;
    type Response = api::types::ProjectList;

    fn id(&self) -> &ProjectId {
        &self.id
    }

    fn action(_: &ProjectQuery) -> Action {
        Action::ListProjects
    }

    async fn request(
        query: &ProjectQuery,
        after: Option<&ProjectId>,
        limit: u32,
        api: &api::Client,
    ) -> Result<api::ResponseValue<Self::Response>, api::Error<()>> {
        let mut request = api.list_projects().limit(limit);
        if let Some(after) = after {
            request = request.after(after.clone());
        }
        if query.include_archived {
            request = request.include_archived(true);
        }
        request.send().await
    }

    fn content(
        _: &ProjectQuery,
        response: Self::Response,
    ) -> Result<Content<Self, ProjectId>, String> {
        Ok(Content {
            data: response.data.into_iter().map(Self::from_api).collect(),
            first_id: response.first_id,
            last_id: response.last_id,
            has_more: response.has_more,
        })
    }

    fn resume(query: &mut ProjectQuery, saved: &ProjectQuery) {
        query.clone_from(saved);
    }

    fn mismatch(_: &ProjectQuery, _: &ProjectQuery) -> String {
        "the position belongs to a list with another `include_archived`: \
         remove it, because `resume` sets it"
            .to_owned()
    }
}
