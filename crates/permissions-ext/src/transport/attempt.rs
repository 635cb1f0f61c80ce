use std::sync::PoisonError;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use permissions_api as api;
use permissions_api::ClientInfo as _;
use permissions_api::hooks::DEFAULT_BODY_LIMIT;
use serde::de::DeserializeOwned;
use url::Url;

use super::rejected::Rejected;
use super::retries::{RETRY_COUNT, Retries};
use super::{Operation, Reply, retry_after};
use crate::action::Action;
use crate::error::{Error, ErrorKind, ErrorResponse};
use crate::key::{KeyProvider, is_project_key};
use crate::metadata::Metadata;
use crate::redact::Redactor;

impl Retries<'_> {
    /// Sends the operation. `timeout` is `None` if the timeout of the caller's HTTP client applies.
    pub(super) async fn send<O: Operation>(
        &mut self,
        operation: &O,
        timeout: Option<Duration>,
    ) -> Result<Reply<O::Output>, Error> {
        let mut remaining = timeout;
        if let Some(provider) = &self.transport.key_provider
            && self.options.header(&AUTHORIZATION).is_none()
        {
            let key = Box::pin(fresh_key(provider, operation.action(), timeout)).await?;
            self.set_header(AUTHORIZATION, key);
            remaining = timeout.map(|timeout| timeout.saturating_sub(self.started.elapsed()));
        }
        if self.failures > 0 && self.options.header(&RETRY_COUNT).is_none() {
            self.set_header(RETRY_COUNT, HeaderValue::from(self.failures));
        }
        let http = &self.transport.http;
        let differs = remaining != http.timeout || http.is_custom();
        self.api.context_mut().timeout = remaining.filter(|_| differs);
        match operation.send(&self.api).await {
            Ok(response) => self.accept(operation, response.into_inner()),
            // Boxed, because the future of `reject` would otherwise enlarge the future of every call.
            Err(error) => Box::pin(self.reject(operation, error, timeout)).await,
        }
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.api.context_mut().headers_mut().insert(name, value);
    }

    /// Accepts a decoded response, unless it contradicts the request.
    fn accept<O: Operation>(
        &self,
        operation: &O,
        value: O::Output,
    ) -> Result<Reply<O::Output>, Error> {
        let redactor = self.redactor();
        let metadata = Metadata::new(self.take_head(), self.failures, &redactor);
        match operation.check(&value) {
            Ok(()) => Ok(Reply { value, metadata }),
            Err(reason) => {
                let reason = redactor.text(reason);
                let error = Error::new(ErrorKind::Incomplete, operation.action(), reason);
                let error = error.with_response(ErrorResponse::new(metadata));
                Err(error.with(|it| it.is_ambiguous = true))
            }
        }
    }

    /// Handles a response that the generated client did not decode. Decodes a success with a status other than 200, and
    /// returns an error for any other response.
    async fn reject<O: Operation>(
        &self,
        operation: &O,
        error: api::Error<()>,
        timeout: Option<Duration>,
    ) -> Result<Reply<O::Output>, Error> {
        let error = match error {
            api::Error::UnexpectedResponse(response)
                if matches!(response.status().as_u16(), 201..=203) =>
            {
                match decode(response).await {
                    Ok(value) => return self.accept(operation, value),
                    Err(error) => error,
                }
            }
            error => error,
        };
        let head = self.take_head();
        let failed = head.as_ref().filter(|head| !head.status().is_success());
        let retry_after = failed.and_then(|head| retry_after::read(head.headers()));
        let redactor = self.redactor();
        let rejected = Rejected {
            action: operation.action(),
            http: &self.transport.http,
            body_limit: self.api.inner().body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
            redirect: failed.and_then(|head| Rejected::redirect_target(head, &redactor)),
            metadata: Metadata::new(head, self.failures, &redactor),
            redactor,
        };
        let error = rejected.explain::<O::Output>(error, timeout).await;
        let key = self.api.inner().headers.get(AUTHORIZATION);
        Err(error.with(|it| {
            it.retry_after = retry_after;
            it.is_project_key = key.is_some_and(is_project_key);
            it.key_source = Some(match self.options.header(&AUTHORIZATION) {
                Some(_) => "the options of the request".into(),
                None => self.transport.key_source.clone(),
            });
        }))
    }

    /// Takes URL, status and headers of the last response. The URL has no query if the options of the request add
    /// parameters, because the redactor cannot find percent-encoded secrets.
    fn take_head(&self) -> Option<http::Response<Url>> {
        let context = self.api.inner();
        let head = context.head.as_ref()?;
        let mut head = head.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        if !context.query.is_empty() {
            head.body_mut().set_query(None);
        }
        Some(head)
    }

    fn redactor(&self) -> Redactor<'_> {
        let context = self.api.inner();
        Redactor::new(&context.headers, &context.query)
    }
}

async fn fresh_key(
    provider: &KeyProvider,
    action: Action,
    timeout: Option<Duration>,
) -> Result<HeaderValue, Error> {
    let key = provider.authorization(&action);
    let Some(timeout) = timeout else {
        return key.await;
    };
    let late = |_| {
        let reason = format!("the key provider returned no key within {timeout:?}");
        Error::new(ErrorKind::Key, action.clone(), reason)
    };
    tokio::time::timeout(timeout, key).await.map_err(late)?
}

async fn decode<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, api::Error<()>> {
    let body = response.bytes().await;
    let body = body.map_err(api::Error::ResponseBodyError)?;
    serde_json::from_slice(&body).map_err(|cause| api::Error::InvalidResponsePayload(body, cause))
}
