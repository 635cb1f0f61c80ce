//! Lists: one page, pages, or items over all pages.

mod cursor;
mod items;
mod page;
mod pages;
mod position;
mod repeats;
mod walk;

use std::sync::Arc;

use permissions_api as api;

pub use self::items::PermissionStream;
pub use self::page::Page;
pub use self::pages::PageStream;
pub use self::position::Position;
use self::walk::Walk;
use crate::action::Action;
use crate::options::CallOptions;
use crate::transport::{Deadline, Operation};
use crate::{Error, Order, PermissionId, Permissions, ProjectId};

/// The page size unless set. The API's own default, 10, would make ten times the requests.
const PAGE_SIZE: u32 = 100;

/// A list to be asked for: [`stream`](Self::stream) it, or take it by [`pages`](Self::pages).
///
/// ```
/// use futures_util::TryStreamExt as _;
/// use permissions_ext::Order;
///
/// # async fn run(permissions: permissions_ext::Permissions) -> Result<(), permissions_ext::Error> {
/// let mut stream = permissions.list().order(Order::Ascending).stream();
/// while let Some(permission) = stream.try_next().await? {
///     println!("{} since {}", permission.project_id, permission.created_at);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a list is asked for by `stream`, `pages` or `send`"]
pub struct List {
    permissions: Permissions,
    query: Query,
    max_items: Option<u64>,
    prefetch: bool,
    /// The position to go on from, which has to be one of this very list.
    position: Option<Position>,
    options: CallOptions,
}

/// What the API is asked.
#[derive(Clone, Debug, PartialEq)]
struct Query {
    after: Option<PermissionId>,
    page_size: u32,
    order: Option<Order>,
    project_id: Option<ProjectId>,
}

impl List {
    pub(crate) fn new(permissions: Permissions) -> Self {
        Self {
            permissions,
            query: Query {
                after: None,
                page_size: PAGE_SIZE,
                order: None,
                project_id: None,
            },
            max_items: None,
            prefetch: true,
            position: None,
            options: CallOptions::new(),
        }
    }

    /// How many permissions the API is asked for at a time (its parameter `limit`); 100 unless set.
    ///
    /// The total is not bounded by it; for that there is [`max_items`](Self::max_items).
    pub fn page_size(mut self, permissions: u32) -> Self {
        self.query.page_size = permissions;
        self
    }

    /// The most permissions to list in total; all of them unless set.
    pub fn max_items(mut self, permissions: u64) -> Self {
        self.max_items = Some(permissions);
        self
    }

    /// Starts behind this permission instead of at the beginning.
    pub fn after(mut self, permission_id: PermissionId) -> Self {
        self.query.after = Some(permission_id);
        self
    }

    /// By creation time; the API lists the newest first unless told otherwise.
    pub fn order(mut self, order: Order) -> Self {
        self.query.order = Some(order);
        self
    }

    /// Lists the permissions of this project alone.
    pub fn project_id(mut self, project_id: ProjectId) -> Self {
        self.query.project_id = Some(project_id);
        self
    }

    /// Whether the next page is fetched while the current one is read; true unless set.
    pub fn prefetch(mut self, ahead: bool) -> Self {
        self.prefetch = ahead;
        self
    }

    /// Goes on where a stream was left, with the order and the project it had.
    ///
    /// No permission is missed that was there throughout. Should the very next one have been deleted since, the page
    /// it was on is listed from its beginning. A position of another checkpoint, order or project is refused once the list
    /// is asked for.
    pub fn resume(mut self, position: &Position) -> Self {
        self.query.after = position.after.clone();
        self.query.order = position.order;
        self.query.project_id = position.project_id.clone();
        self.position = Some(position.clone());
        self
    }

    /// Headers, time-outs and the like for each request.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Permission by permission, over all pages.
    pub fn stream(self) -> PermissionStream {
        PermissionStream::new(Arc::new(self), None)
    }

    /// Page by page.
    pub fn pages(self) -> PageStream {
        PageStream::new(Arc::new(self), None)
    }

    /// One page; the others follow with [`Page::next`].
    ///
    /// # Errors
    ///
    /// Where the API does not answer with a list.
    pub async fn send(self) -> Result<Page, Error> {
        Walk::new(Arc::new(self), None).first().await
    }

    /// Part of another call: its wishes and its deadline.
    pub(crate) fn stream_until(
        self,
        options: &CallOptions,
        deadline: Deadline,
    ) -> PermissionStream {
        PermissionStream::new(Arc::new(self.options(options.clone())), Some(deadline))
    }

    /// Part of another call: its wishes and its deadline.
    pub(crate) fn pages_until(self, options: &CallOptions, deadline: Deadline) -> PageStream {
        PageStream::new(Arc::new(self.options(options.clone())), Some(deadline))
    }

    fn action(&self) -> Action {
        Action::List(self.permissions.checkpoint().clone())
    }

    /// The permission on the first page with which to begin.
    fn start_at(&self) -> Option<&PermissionId> {
        self.position.as_ref()?.next.as_ref()
    }

    /// Whether the position to go on from is the end of this very list.
    fn is_finished(&self) -> bool {
        let at_the_end = self
            .position
            .as_ref()
            .is_some_and(|position| position.finished);
        at_the_end && self.strangeness().is_none()
    }

    /// Why the position to go on from is not one of this list: from there on, another list is another rest.
    fn strangeness(&self) -> Option<String> {
        let position = self.position.as_ref()?;
        if position.checkpoint != *self.permissions.checkpoint() {
            let other = &position.checkpoint;
            return Some(format!(
                "the position to go on from is one of checkpoint {other}; ask for the permissions of that one"
            ));
        }
        let same =
            position.order == self.query.order && position.project_id == self.query.project_id;
        (!same).then(|| {
            "the position to go on from is one of a list in another order or of another project; \
             leave out `order` and `project_id`, which it brings along"
                .to_owned()
        })
    }
}

/// One page on the wire.
struct ListPage<'a> {
    list: &'a List,
    after: Option<&'a PermissionId>,
    limit: u32,
}

impl Operation for ListPage<'_> {
    type Output = api::types::PermissionList;

    fn action(&self) -> Action {
        self.list.action()
    }

    async fn send(
        &self,
        api: &api::Client,
    ) -> Result<api::ResponseValue<Self::Output>, api::Error<()>> {
        if let Some(reason) = self.list.strangeness() {
            return Err(api::Error::InvalidRequest(reason));
        }
        let mut request = api
            .list_checkpoint_permissions()
            .fine_tuned_model_checkpoint(self.list.permissions.checkpoint().clone())
            .limit(self.limit);
        if let Some(after) = self.after {
            request = request.after(after.clone());
        }
        if let Some(order) = self.list.query.order {
            request = request.order(order);
        }
        if let Some(project_id) = &self.list.query.project_id {
            request = request.project_id(project_id.clone());
        }
        request.send().await
    }
}
