//! Create: every project once, whatever happens on the way.

mod created;
mod origin;
mod settle;
mod wanted;

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;

use permissions_api as api;
use tracing::Instrument as _;

pub use self::created::Created;
pub(crate) use self::origin::Seen;
use self::settle::Settling;
use self::wanted::Wanted;
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
    /// the API's answer does not tell. Without it, a permission was *there before* where an earlier create of this client
    /// or of a clone of it was answered with it, as far as the last 4,096 go, or where its `created_at` is older than this
    /// call by the API's own clock (the `Date` of its answer, in whole seconds). Anything else counts as *created*, also
    /// what somebody else created within the same second or so, and, where answers bear no `Date`, at any time before.
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
        let action = Action::Create(self.permissions.checkpoint().clone());
        if self.project_ids.is_empty() {
            return Err(Error::new(
                Kind::InvalidRequest,
                action,
                "no project was named",
            ));
        }
        let mut settling = Settling::new(
            &self.permissions,
            &self.options,
            Wanted::new(self.project_ids),
        );
        let settled = {
            let call = pin!(settling.settle(self.batch_size, self.read_first));
            call.instrument(action.span()).await
        };
        match settled {
            Ok(()) => Ok(settling.into_created()),
            Err(error) => Err(error.during(action).with_created(settling.into_created())),
        }
    }
}

/// One request on the wire.
struct Post<'a> {
    checkpoint: &'a CheckpointId,
    wanted: &'a Wanted,
    /// Those of them that are asked for.
    places: &'a [usize],
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
        let asked = self.places.iter().map(|&place| self.wanted.get(place));
        let body = api::types::CreatePermissionsRequest::builder()
            .project_ids(asked.cloned().collect::<Vec<ProjectId>>());
        api.create_checkpoint_permissions()
            .fine_tuned_model_checkpoint(self.checkpoint.clone())
            .body(body)
            .send()
    }

    /// One permission is of one project.
    fn check(&self, answer: &Self::Output) -> Result<(), String> {
        if answer.data.len() <= 1 {
            return Ok(());
        }
        let mut projects = HashMap::with_capacity(answer.data.len());
        let gives_one_to_several = answer.data.iter().any(|permission| {
            projects
                .insert(&permission.id, &permission.project_id)
                .is_some_and(|other| *other != permission.project_id)
        });
        if gives_one_to_several {
            return Err("the answer gives several projects one and the same permission".to_owned());
        }
        Ok(())
    }
}
