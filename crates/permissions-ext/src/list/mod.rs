//! Lists: one page, a stream of pages, or a stream of items.

mod cursor;
mod dedup;
mod item;
mod pager;
mod pages;
mod permissions;
mod stream;

use std::sync::Arc;

use permissions_api as api;

pub use self::item::Item;
pub(crate) use self::item::{Content, Listed};
pub use self::pager::Page;
use self::pager::Pager;
pub use self::pages::PageStream;
pub use self::stream::{ItemStream, Position};
use crate::action::Action;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::model::{InvalidId, Permission};
use crate::options::{RequestOptions, request_options};
use crate::transport::Operation;

/// Default page size. With the API's own defaults of 10 permissions and 20 projects, a list needs more requests.
const PAGE_SIZE: u32 = 100;

/// A request for a list of permissions or projects.
///
/// [`all`](Self::all) returns all items, [`stream`](Self::stream) returns the items one after the other,
/// [`pages`](Self::pages) returns the pages one after the other, and [`send`](Self::send) returns one page. A list is
/// complete, or ends with an error.
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
/// # Repeated items
///
/// If items are created while a list is read, a server may move an item to a later page and return the item twice. The
/// second occurrence is left out if at most 2,048 items are between both. Otherwise, the list contains the item twice.
#[derive(Clone, Debug)]
#[must_use = "a list is only requested by `send`, `all`, `stream` or `pages`"]
pub struct List<T: Item = Permission> {
    client: Client,
    pub(crate) query: T::Query,
    after: Option<T::Id>,
    page_size: u32,
    max_items: Option<u64>,
    prefetch: bool,
    /// The saved position at which the list resumes.
    position: Option<Position<T>>,
    options: RequestOptions,
}

request_options!(List<T>, T: Item);

impl<T: Item> List<T> {
    pub(crate) fn new(client: Client, query: T::Query) -> Self {
        Self {
            client,
            query,
            after: None,
            page_size: PAGE_SIZE,
            max_items: None,
            prefetch: true,
            position: None,
            options: RequestOptions::default(),
        }
    }

    /// Sets the number of items per page (the API's parameter `limit`). The default is 100.
    ///
    /// The total is limited by [`max_items`](Self::max_items).
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = items;
        self
    }

    /// Limits the total number of items. By default, all items are listed.
    pub fn max_items(mut self, items: u64) -> Self {
        self.max_items = Some(items);
        self
    }

    /// Starts after the item with this id. By default, the list starts at the beginning.
    pub fn after(mut self, id: impl TryInto<T::Id, Error: Into<InvalidId>>) -> Self {
        self.after = self.options.id(id);
        self
    }

    /// Sets whether a stream fetches the next page while the caller reads the current page. The default is true.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// Resumes at a saved position, with the order, the project filter and `include_archived` of the saved list.
    ///
    /// The resumed list contains all remaining items. Only items that are created or deleted after the position was
    /// saved may be missing. If the first remaining item has been deleted, the page of that item is listed again from
    /// the beginning. The list fails if the position belongs to another checkpoint, order or filter.
    pub fn resume(mut self, position: &Position<T>) -> Self {
        self.after.clone_from(&position.after);
        T::resume(&mut self.query, &position.query);
        self.position = Some(position.clone());
        self
    }

    /// Returns a stream of all items.
    pub fn stream(self) -> ItemStream<T> {
        ItemStream::new(Arc::new(self))
    }

    /// Returns a stream of all pages.
    pub fn pages(self) -> PageStream<T> {
        PageStream::new(Arc::new(self))
    }

    /// Fetches all items.
    ///
    /// # Errors
    ///
    /// Fails if any page cannot be fetched. [`stream`](Self::stream) returns the items before the failure.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        let mut pages = self.pages();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.append(&mut page?.into_data());
        }
        Ok(all)
    }

    /// Fetches one page. [`Page::next`] fetches the next page.
    ///
    /// # Errors
    ///
    /// Fails if the API does not respond with a list after all retries.
    pub async fn send(self) -> Result<Page<T>, Error> {
        let mut pager = Box::new(Pager::new(Arc::new(self)));
        let page = pager.fetch().await?;
        Ok(Page { pager, ..page })
    }

    /// Replaces all options with those of the call that the list is part of.
    pub(crate) fn with_options(self, options: RequestOptions) -> Self {
        Self { options, ..self }
    }

    fn action(&self) -> Action {
        T::action(&self.query)
    }

    /// Returns whether the saved position is the end of the list, so that no item is left to return.
    fn is_finished(&self) -> bool {
        let position = self.position.as_ref();
        position.is_some_and(|it| it.finished && it.query == self.query)
    }

    /// Fails if the saved position belongs to another list, because the cursor of the position would skip items of this
    /// list.
    fn check_position(&self) -> Result<(), Error> {
        match &self.position {
            Some(position) if position.query != self.query => {
                let reason = T::mismatch(&self.query, &position.query);
                Err(Error::new(ErrorKind::InvalidRequest, self.action(), reason))
            }
            _ => Ok(()),
        }
    }
}

/// The request for one page.
struct ListRequest<'a, T: Item> {
    list: &'a List<T>,
    after: Option<&'a T::Id>,
    limit: u32,
}

impl<T: Item> Operation for ListRequest<'_, T> {
    type Output = T::Response;

    fn action(&self) -> Action {
        self.list.action()
    }

    async fn send(
        &self,
        api: &api::Client,
    ) -> Result<api::ResponseValue<Self::Output>, api::Error<()>> {
        T::request(&self.list.query, self.after, self.limit, api).await
    }
}
