//! Sending: attempts, retries and the rate limiter.

mod attempt;
mod deadline;
mod failure;
mod limiter;
mod pacer;
mod retries;
mod retry_after;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use permissions_api as api;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

pub(crate) use self::attempt::RETRY_COUNT;
pub(crate) use self::deadline::Deadline;
pub(crate) use self::failure::Failure;
pub(crate) use self::limiter::Limiters;
pub(crate) use self::retries::Retries;
use crate::action::Action;
use crate::error::Error;
use crate::event::Observer;
use crate::http_client::HttpClient;
use crate::key::Key;
use crate::metadata::Metadata;
use crate::options::RequestOptions;
use crate::redact::Secrets;
use crate::retry_policy::RetryPolicy;

/// The settings of a client, which its clones share.
pub(crate) struct Transport {
    /// Base URL without a trailing slash.
    pub(crate) base_url: String,
    pub(crate) http: HttpClient,
    /// Headers of every request, with the key unless a provider returns it.
    pub(crate) headers: Arc<HeaderMap>,
    /// Secrets that the default headers contain.
    pub(crate) secrets: Secrets,
    pub(crate) key: Key,
    /// Description of the key's source for errors.
    pub(crate) key_source: Arc<str>,
    pub(crate) retry: RetryPolicy,
    /// Time limit of one call with all its attempts.
    pub(crate) deadline: Option<Duration>,
    /// Size limit of a response body in bytes.
    pub(crate) body_limit: usize,
    pub(crate) observer: Observer,
    pub(crate) limiters: Limiters,
    /// Name of the API in plans, instead of the base URL.
    pub(crate) target_name: Option<String>,
}

/// One operation of the API with its arguments: it can be sent any number of times.
pub(crate) trait Operation: Sync {
    /// The documented body of a success.
    type Output: DeserializeOwned + Send;

    fn action(&self) -> Action;

    fn send(
        &self,
        api: &api::Client,
    ) -> impl Future<Output = Result<api::ResponseValue<Self::Output>, api::Error<()>>> + Send;

    /// Validates the body of a success. Fails if it contradicts the request.
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
                    Err(failure) => retries.after(failure).await?,
                };
            }
        });
        call.instrument(operation.action().span()).await
    }

    /// Returns the deadline of a call that starts now.
    pub(crate) fn deadline(&self, options: &RequestOptions) -> Deadline {
        Deadline::after(options.deadline.or(self.deadline))
    }
}
