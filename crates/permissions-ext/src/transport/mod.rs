//! Sending: attempts, retries and the rate limiter.

mod attempt;
mod deadline;
mod limiter;
mod pace;
mod pacer;
mod rejected;
mod retries;
mod retry_after;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use permissions_api as api;
use permissions_api::ClientInfo as _;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

pub(crate) use self::deadline::Deadline;
pub(crate) use self::limiter::Limiters;
pub(crate) use self::retries::{RETRY_COUNT, Retries};
use crate::action::Action;
use crate::error::Error;
use crate::event::Observer;
use crate::http_client::HttpClient;
use crate::key::KeyProvider;
use crate::metadata::Metadata;
use crate::options::RequestOptions;
use crate::retry_policy::RetryPolicy;

/// The settings of a client, which its clones share.
pub(crate) struct Transport {
    /// The generated client, with the headers of every request. Each call sends its requests with a copy of the
    /// generated client.
    pub(crate) api: api::Client,
    pub(crate) http: HttpClient,
    /// Returns the key for each attempt, if the headers contain none.
    pub(crate) key_provider: Option<KeyProvider>,
    /// Description of the key's source for errors.
    pub(crate) key_source: Arc<str>,
    pub(crate) retry: RetryPolicy,
    /// Time limit of one call with all its attempts.
    pub(crate) deadline: Option<Duration>,
    pub(crate) observer: Observer,
    pub(crate) limiters: Limiters,
    /// Name of the API in plans, instead of the base URL.
    pub(crate) target_name: Option<String>,
}

/// One operation of the API with its arguments. The operation can be sent any number of times.
pub(crate) trait Operation: Sync {
    /// The documented body of a success.
    type Output: DeserializeOwned + Send;

    fn action(&self) -> Action;

    fn send(
        &self,
        api: &api::Client,
    ) -> impl Future<Output = Result<api::ResponseValue<Self::Output>, api::Error<()>>> + Send;

    /// Validates the body of a success. Fails if the body contradicts the request.
    fn check(&self, _response: &Self::Output) -> Result<(), String> {
        Ok(())
    }
}

/// A decoded response.
pub(crate) struct Reply<T> {
    pub(crate) value: T,
    pub(crate) metadata: Metadata,
}

impl Transport {
    /// Sends an idempotent operation until it succeeds or no retry is left.
    pub(crate) async fn call<O: Operation>(
        &self,
        operation: &O,
        options: &RequestOptions,
        deadline: Deadline,
    ) -> Result<Reply<O::Output>, Error> {
        let call = pin!(async {
            let mut retries = Retries::new(self, options, deadline);
            loop {
                match retries.attempt(operation).await {
                    Ok(reply) => return Ok(reply),
                    Err(error) => retries.after(error).await?,
                };
            }
        });
        call.instrument(operation.action().span()).await
    }

    /// Returns the deadline of a call that starts now.
    pub(crate) fn deadline(&self, options: &RequestOptions) -> Deadline {
        Deadline::after(options.deadline.or(self.deadline))
    }

    /// Returns the headers of every request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.api.inner().headers
    }
}
