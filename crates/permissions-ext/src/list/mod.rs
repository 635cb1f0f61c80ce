//! Lists: one page, a stream of pages, or a stream of permissions.

mod cursor;
mod dedup;
mod pager;
mod pages;
mod position;
mod stream;

use std::sync::Arc;

use permissions_api as api;

pub use self::pager::Page;
use self::pager::Pager;
pub use self::pages::PageStream;
pub use self::position::Position;
pub use self::stream::PermissionStream;
use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::model::{CheckpointId, InvalidId, Order, Permission, PermissionId, ProjectId};
use crate::options::{RequestOptions, request_options};
use crate::permissions::Permissions;
use crate::transport::{Deadline, Operation};

/// Default page size. With the API's own default of 10, a list needs ten times the requests.
const PAGE_SIZE: u32 = 100;

/// A request for a list of permissions.
///
/// [`all`](Self::all) returns every permission, [`stream`](Self::stream) one after the other, [`pages`](Self::pages)
/// page by page, and [`send`](Self::send) one page. A list is complete, or it ends with an error.
///
/// ```
/// use permissions_ext::Order;
///
/// # async fn run(permissions: permissions_ext::Permissions) -> Result<(), permissions_ext::Error> {
/// let mut stream = permissions.list().order(Order::Ascending).stream();
/// while let Some(permission) = stream.next().await.transpose()? {
///     println!("{} since {}", permission.project_id, permission.created_at);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Repeated permissions
///
/// If permissions are created while a list is read, a server may move a permission to a later page and return it
/// twice. A permission is left out if it repeats one of the 2,048 permissions before it. A repetition further apart
/// stays in the list.
#[derive(Clone, Debug)]
#[must_use = "a list is only requested by `send`, `all`, `stream` or `pages`"]
pub struct List {
    permissions: Permissions,
    after: Option<PermissionId>,
    page_size: u32,
    order: Option<Order>,
    project_id: Option<ProjectId>,
    max_items: Option<u64>,
    prefetch: bool,
    /// The saved position at which the list resumes.
    position: Option<Position>,
    options: RequestOptions,
}

impl Permissions {
    /// Lists the permissions. The newest come first, unless [`List::order`] is set.
    pub fn list(&self) -> List {
        List {
            permissions: self.clone(),
            after: None,
            page_size: PAGE_SIZE,
            order: None,
            project_id: None,
            max_items: None,
            prefetch: true,
            position: None,
            options: RequestOptions::default(),
        }
    }
}

request_options!(List);

impl List {
    /// Sets the number of permissions per page (the API's parameter `limit`). The default is 100.
    ///
    /// The total is limited by [`max_items`](Self::max_items).
    pub fn page_size(mut self, permissions: u32) -> Self {
        self.page_size = permissions;
        self
    }

    /// Limits the total number of permissions. By default, all permissions are listed.
    pub fn max_items(mut self, permissions: u64) -> Self {
        self.max_items = Some(permissions);
        self
    }

    /// Starts after this permission. By default, the list starts at the beginning.
    pub fn after(
        mut self,
        permission_id: impl TryInto<PermissionId, Error: Into<InvalidId>>,
    ) -> Self {
        match permission_id.try_into() {
            Ok(id) => self.after = Some(id),
            Err(invalid) => self.options.reject(invalid.into()),
        }
        self
    }

    /// Sets the order by creation time. By default, the newest permission comes first.
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Lists only the permissions of this project.
    ///
    /// A response that contains another project is an error, because the server does not support the filter.
    pub fn project_id(
        mut self,
        project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>,
    ) -> Self {
        match project_id.try_into() {
            Ok(id) => self.project_id = Some(id),
            Err(invalid) => self.options.reject(invalid.into()),
        }
        self
    }

    /// Sets whether a stream fetches the next page while the caller reads the current one. The default is true.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// Resumes at a saved position, with its order and its project.
    ///
    /// No permission is missed that existed all the time. If the next permission has been deleted in the meantime, its
    /// page is listed again from the beginning. The list fails if the position belongs to another checkpoint, order or
    /// project.
    pub fn resume(mut self, position: &Position) -> Self {
        self.after = position.after.clone();
        self.order = position.order;
        self.project_id = position.project_id.clone();
        self.position = Some(position.clone());
        self
    }

    /// Returns a stream of all permissions.
    pub fn stream(self) -> PermissionStream {
        PermissionStream::new(Arc::new(self), None)
    }

    /// Returns a stream of all pages.
    pub fn pages(self) -> PageStream {
        PageStream::new(Arc::new(self), None)
    }

    /// Fetches all permissions.
    ///
    /// # Errors
    ///
    /// Fails if any page cannot be fetched. [`stream`](Self::stream) returns the permissions before the failure.
    pub async fn all(self) -> Result<Vec<Permission>, Error> {
        let mut pages = self.pages();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.append(&mut page?.into_data());
        }
        Ok(all)
    }

    /// Fetches one page. [`Page::next`] fetches the next one.
    ///
    /// # Errors
    ///
    /// Fails if the API does not respond with a list after all retries.
    pub async fn send(self) -> Result<Page, Error> {
        Pager::new(Arc::new(self), None).fetch_first().await
    }

    /// Streams permissions as part of another call, with its options and its deadline.
    pub(crate) fn stream_within(
        self,
        options: &RequestOptions,
        deadline: Deadline,
    ) -> PermissionStream {
        PermissionStream::new(Arc::new(self.with_options(options)), Some(deadline))
    }

    /// Streams pages as part of another call, with its options and its deadline.
    pub(crate) fn pages_within(self, options: &RequestOptions, deadline: Deadline) -> PageStream {
        PageStream::new(Arc::new(self.with_options(options)), Some(deadline))
    }

    fn with_options(self, options: &RequestOptions) -> Self {
        Self {
            options: options.clone(),
            ..self
        }
    }

    fn action(&self) -> Action {
        self.permissions.action(Action::List)
    }

    fn checkpoint(&self) -> &CheckpointId {
        self.permissions.checkpoint()
    }

    /// The first permission to return from the first page, if the list resumes within a page.
    fn resume_at(&self) -> Option<&PermissionId> {
        self.position.as_ref()?.next.as_ref()
    }

    /// Whether the list resumes at its end.
    fn is_finished(&self) -> bool {
        self.position.as_ref().is_some_and(|it| it.finished) && self.check_position().is_ok()
    }

    /// Fails if the saved position belongs to another list. Its cursor would skip permissions of this one.
    fn check_position(&self) -> Result<(), Error> {
        let Some(position) = &self.position else {
            return Ok(());
        };
        let reason = if position.checkpoint != *self.checkpoint() {
            format!(
                "the position belongs to checkpoint {}: resume the list of that checkpoint",
                position.checkpoint
            )
        } else if position.order != self.order || position.project_id != self.project_id {
            "the position belongs to a list with another order or project: \
             remove `order` and `project_id`, because `resume` sets them"
                .to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidRequest, self.action(), reason))
    }
}

/// The request for one page.
struct ListRequest<'a> {
    list: &'a List,
    after: Option<&'a PermissionId>,
    limit: u32,
}

impl Operation for ListRequest<'_> {
    type Output = api::types::PermissionList;

    fn action(&self) -> Action {
        self.list.action()
    }

    async fn send(
        &self,
        api: &api::Client,
    ) -> Result<api::ResponseValue<Self::Output>, api::Error<()>> {
        let mut request = api
            .list_checkpoint_permissions()
            .fine_tuned_model_checkpoint(self.list.checkpoint().clone())
            .limit(self.limit);
        if let Some(after) = self.after {
            request = request.after(after.clone());
        }
        if let Some(order) = self.list.order {
            request = request.order(order.to_api());
        }
        if let Some(project_id) = &self.list.project_id {
            request = request.project_id(project_id.clone());
        }
        request.send().await
    }
}
