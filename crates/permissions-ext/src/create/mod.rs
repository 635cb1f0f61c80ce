//! Creates permissions exactly once.

mod reconcile;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use permissions_api as api;
use tracing::Instrument as _;

use self::reconcile::Reconciler;
use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::metadata::Metadata;
use crate::model::{CheckpointId, InvalidId, Permission, ProjectId};
use crate::options::{RequestOptions, request_options};
use crate::permissions::Permissions;
use crate::progress::{BulkProgress, Callback, Progress};
use crate::transport::Operation;

/// Default number of projects per request.
const BATCH_SIZE: usize = 100;

/// A request that creates permissions.
///
/// Each project has exactly one permission afterwards. If the result of a request is unknown (after a timeout, a lost
/// connection or a 5xx status), the client lists the existing permissions and requests only the missing permissions
/// again.
///
/// ```
/// # async fn run(permissions: permissions_ext::Permissions) -> Result<(), permissions_ext::Error> {
/// let created = permissions.create(["proj_forecast", "proj_maps"]).send().await?;
/// for permission in created.iter() {
///     println!("{} may use the checkpoint", permission.project_id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is created before `send`"]
pub struct Create {
    permissions: Permissions,
    project_ids: Vec<ProjectId>,
    batch_size: usize,
    read_first: bool,
    on_progress: Callback<Progress>,
    options: RequestOptions,
}

impl Permissions {
    /// Creates permissions for projects. A project that already has a permission keeps that permission.
    pub fn create(
        &self,
        project_ids: impl IntoIterator<Item: TryInto<ProjectId, Error: Into<InvalidId>>>,
    ) -> Create {
        let mut options = RequestOptions::default();
        let ids = project_ids.into_iter();
        Create {
            permissions: self.clone(),
            project_ids: ids.filter_map(|id| options.id(id)).collect(),
            batch_size: BATCH_SIZE,
            read_first: false,
            on_progress: Callback::default(),
            options,
        }
    }
}

request_options!(Create);

impl Create {
    /// Sets the number of projects per request, at least 1. The default is 100. More projects are sent in several
    /// requests.
    pub fn batch_size(mut self, projects: usize) -> Self {
        self.batch_size = projects.max(1);
        self
    }

    /// Sets whether the existing permissions are listed first. The default is false.
    ///
    /// The list requires at least one more request. Afterwards, [`Created::new_permissions`] returns the permissions
    /// that did not exist before. The API's response to a create does not show which permissions are new.
    ///
    /// Only missing permissions are requested, so that a server without idempotent creates does not create a second
    /// permission for a project.
    ///
    /// If another client creates the same permission after this client has listed the permissions and before the API
    /// has processed the request, both clients report the permission as new.
    pub fn read_first(mut self, read_first: bool) -> Self {
        self.read_first = read_first;
        self
    }

    /// Sets a callback for each finished batch and for each wait that the API asks for.
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Callback::new(callback);
        self
    }

    /// Replaces all options with those of the call that the create is part of.
    pub(crate) fn with_options(self, options: RequestOptions) -> Self {
        Self { options, ..self }
    }

    /// Creates the missing permissions.
    ///
    /// # Errors
    ///
    /// Fails if there is no project, if the API refuses, or if the response does not confirm every project.
    /// [`Error::created`] returns the permissions that exist nevertheless.
    pub async fn send(self) -> Result<Created, Error> {
        let action = self.permissions.action(Action::Create);
        self.options.check(|| action.clone())?;
        if self.project_ids.is_empty() {
            let reason = "the list of projects is empty";
            return Err(Error::new(ErrorKind::InvalidRequest, action, reason));
        }
        let span = action.span();
        let batches = self.project_ids.len().div_ceil(self.batch_size);
        let progress = Arc::new(BulkProgress::new(self.on_progress, batches));
        let mut options = self.options;
        if batches > 1 {
            options.bulk.get_or_insert_with(|| progress.clone());
        }
        let mut reconciler = Reconciler::new(&self.permissions, &options, self.project_ids);
        let result = {
            let call = pin!(reconciler.run(self.batch_size, self.read_first, &progress));
            call.instrument(span).await
        };
        match result {
            Ok(()) => Ok(reconciler.into_created()),
            Err(error) => {
                let created = reconciler.into_created().into_permissions();
                Err(error.during(action).with(|it| it.created = created))
            }
        }
    }
}

/// The permissions that exist after a create: one per project, in the order of the request.
#[derive(Clone, Debug, Default)]
pub struct Created {
    permissions: Vec<Permission>,
    /// The projects that had a permission before. `None` without `read_first`.
    existing: Option<HashSet<ProjectId>>,
    metadata: Metadata,
}

impl Created {
    /// Returns all permissions, whether new or existing.
    pub fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter()
    }

    /// Returns the permissions that did not exist before. `None` unless
    /// [`Create::read_first`](crate::Create::read_first) is set, because the
    /// API's response does not show which permissions are new.
    #[must_use]
    pub fn new_permissions(&self) -> Option<Vec<&Permission>> {
        let existing = self.existing.as_ref()?;
        let is_new = |permission: &&Permission| !existing.contains(&permission.project_id);
        Some(self.iter().filter(is_new).collect())
    }

    /// Returns the permissions by value.
    #[must_use]
    pub fn into_permissions(self) -> Vec<Permission> {
        self.permissions
    }

    /// Returns the number of permissions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permissions.len()
    }

    /// Returns whether there is no permission.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }

    /// Returns the metadata of the response to the last successful create request. Empty if no create request was sent,
    /// because all permissions existed already.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

/// The POST request of one batch.
struct CreateRequest<'a> {
    checkpoint: &'a CheckpointId,
    project_ids: &'a [ProjectId],
}

impl Operation for CreateRequest<'_> {
    type Output = api::types::PermissionList;

    fn action(&self) -> Action {
        Action::Create(self.checkpoint.clone())
    }

    fn send(
        &self,
        api: &api::Client,
    ) -> impl Future<Output = Result<api::ResponseValue<Self::Output>, api::Error<()>>> + Send {
        let body = api::types::CreatePermissionsRequest::builder().project_ids(self.project_ids);
        api.create_checkpoint_permissions()
            .fine_tuned_model_checkpoint(self.checkpoint.clone())
            .body(body)
            .send()
    }

    /// Checks that no two projects share a permission.
    fn check(&self, response: &Self::Output) -> Result<(), String> {
        if response.data.len() <= 1 {
            return Ok(());
        }
        let mut projects = HashMap::with_capacity(response.data.len());
        for permission in &response.data {
            let previous = projects.insert(&permission.id, &permission.project_id);
            if previous.is_some_and(|project_id| *project_id != permission.project_id) {
                return Err("the response lists one permission for two projects".to_owned());
            }
        }
        Ok(())
    }
}
