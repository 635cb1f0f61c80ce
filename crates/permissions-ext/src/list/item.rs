use std::fmt::Debug;
use std::future::Future;

use permissions_api as api;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::action::Action;

/// An item of a list: a [`Permission`](crate::Permission) or a [`Project`](crate::Project). This trait is sealed.
#[expect(
    private_bounds,
    reason = "the private supertrait seals the trait, because this crate defines every item that the API lists"
)]
pub trait Item: Listed<<Self as Item>::Id> + Clone + Debug + Send + Sync + Unpin + 'static {
    /// Id of the item. It is also the cursor of the page that starts after the item.
    type Id: AsRef<str>
        + Clone
        + Debug
        + Eq
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + Unpin
        + 'static;
}

/// The operation that lists items.
pub(crate) trait Listed<Id>: Sized {
    /// Selects the items. A cursor is valid only for lists with the same query.
    type Query: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static;
    type Response: DeserializeOwned + Send;

    fn id(&self) -> &Id;

    fn action(query: &Self::Query) -> Action;

    /// Requests one page.
    fn request(
        query: &Self::Query,
        after: Option<&Id>,
        limit: u32,
        api: &api::Client,
    ) -> impl Future<Output = Result<api::ResponseValue<Self::Response>, api::Error<()>>> + Send;

    /// Converts a page. Fails if the server ignored the query.
    fn content(query: &Self::Query, response: Self::Response) -> Result<Content<Self, Id>, String>;

    /// Applies the query of a saved position.
    fn resume(query: &mut Self::Query, saved: &Self::Query);

    /// Returns the reason why a list cannot resume at a saved position: the difference between the two queries.
    fn mismatch(query: &Self::Query, saved: &Self::Query) -> String;
}

/// The API's representation of a page.
#[derive(Clone, Debug)]
pub(crate) struct Content<T, Id> {
    pub(crate) data: Vec<T>,
    pub(crate) first_id: Option<Id>,
    pub(crate) last_id: Option<Id>,
    pub(crate) has_more: bool,
}
