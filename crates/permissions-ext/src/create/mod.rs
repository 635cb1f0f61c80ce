//! Create: every project once, whatever happens on the way.

mod created;
mod origin;
mod settle;

use std::collections::HashSet;
use std::future::Future;

use permissions_api as api;
use tracing::Instrument as _;

pub use self::created::Created;
pub(crate) use self::origin::Seen;
use self::settle::Settling;
use crate::action::Action;
use crate::error::Kind;
use crate::options::CallOptions;
use crate::transport::Operation;
use crate::{CheckpointId, Error, Permissions, ProjectId};

/// How many projects go into one request unless set.
const BATCH_SIZE: usize = 100;

/// Permissions to be created; [`send`](Self::send) does it.
///
/// Each project has the permission once at the end: whenever the fate of a request is unknown (a time-out, a broken
/// connection, a 5xx), what exists is read, and only what is missing is asked for again.
///
/// ```
/// # async fn run(permissions: permissions_ext::Permissions) -> Result<(), Box<dyn std::error::Error>> {
/// let created = permissions.create(["proj_1".parse()?, "proj_2".parse()?]).send().await?;
/// for permission in created.created() {
///     println!("{} may use it now", permission.project_id);
/// }
/// for permission in created.existing() {
///     println!("{} might use it before", permission.project_id);
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
    options: CallOptions,
}

impl Create {
    pub(crate) fn new(permissions: Permissions, project_ids: Vec<ProjectId>) -> Self {
        Self {
            permissions,
            project_ids,
            batch_size: BATCH_SIZE,
            read_first: false,
            options: CallOptions::new(),
        }
    }

    /// How many projects go into one request, at least 1; 100 unless set. A longer list is cut into several requests.
    pub fn batch_size(mut self, projects: usize) -> Self {
        self.batch_size = projects.max(1);
        self
    }

    /// Whether to read what exists before anything is sent, and to ask only for what is missing; false unless set.
    ///
    /// It costs a request more, and makes the difference between [`Created::created`] and [`Created::existing`] exact:
    /// the API's answer does not tell. Without it, a permission was *there before* where this client or a clone of it
    /// has created or met it earlier, as far as the last 4,096 go, or where its `created_at` is older than this call by
    /// the API's own clock (the `Date` of its answer, in whole seconds). Anything else counts as *created*, also what
    /// somebody else created within the same second or so, and, where answers bear no `Date`, at any time before.
    ///
    /// It is also the way with a server that makes a second permission of a project that has one.
    pub fn read_first(mut self, read: bool) -> Self {
        self.read_first = read;
        self
    }

    /// Headers, time-outs and the like for each request.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Creates what is missing.
    ///
    /// # Errors
    ///
    /// Where there is no project, where the API refuses, and where its answer does not cover every project asked for.
    /// [`Error::created`] then holds what is in place nevertheless.
    pub async fn send(self) -> Result<Created, Error> {
        let wanted = unique(self.project_ids);
        let action = Action::Create(self.permissions.checkpoint().clone());
        if wanted.is_empty() {
            return Err(Error::new(
                Kind::InvalidRequest,
                action,
                "no project was named",
            ));
        }
        let mut settling = Settling::new(&self.permissions, &self.options, &wanted);
        match settling
            .settle(self.batch_size, self.read_first)
            .instrument(action.span())
            .await
        {
            Ok(()) => Ok(settling.into_created()),
            Err(error) => Err(error.during(action).with_created(settling.into_created())),
        }
    }
}

/// The projects in the order given, each once.
fn unique(project_ids: Vec<ProjectId>) -> Vec<ProjectId> {
    if project_ids.len() <= 1 {
        return project_ids;
    }
    let mut seen = HashSet::with_capacity(project_ids.len());
    project_ids
        .into_iter()
        .filter(|project_id| seen.insert(project_id.clone()))
        .collect()
}

/// One request on the wire.
struct Post<'a> {
    checkpoint: &'a CheckpointId,
    project_ids: &'a [ProjectId],
}

impl Operation for Post<'_> {
    type Output = api::types::PermissionList;

    fn action(&self) -> Action {
        Action::Create(self.checkpoint.clone())
    }

    fn send(
        &self,
        api: &api::Client,
    ) -> impl Future<Output = Result<api::ResponseValue<Self::Output>, api::Error<()>>> + Send {
        let body =
            api::types::CreatePermissionsRequest::builder().project_ids(self.project_ids.to_vec());
        api.create_checkpoint_permissions()
            .fine_tuned_model_checkpoint(self.checkpoint.clone())
            .body(body)
            .send()
    }
}
