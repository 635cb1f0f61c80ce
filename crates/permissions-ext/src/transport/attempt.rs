use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use permissions_api as api;
use permissions_api::hooks::{CallContext, Observed};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{Failure, Operation, Reply, Transport};
use crate::action::Action;
use crate::error::{Error, ErrorKind, ErrorResponse};
use crate::http_client::{SendFailure, Sent};
use crate::key::Key;
use crate::metadata::Metadata;
use crate::options::RequestOptions;
use crate::redact::Redactor;
use crate::secret::Secret;

/// Number of earlier attempts of a request, in the official SDKs' header.
pub(crate) const RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// Limit of an error response's body in bytes. Messages of the API have less than 1 KiB.
const ERROR_BODY: usize = 64 << 10;

impl Transport {
    /// Creates the generated client that sends all attempts of one call.
    pub(super) fn client(&self, options: &RequestOptions) -> api::Client {
        let limit = options.body_limit.unwrap_or(self.body_limit);
        let mut context = CallContext::with_headers(self.headers.clone())
            .observe()
            .body_limit(limit);
        if self.http.is_custom {
            context = context.check_url();
        }
        if let Some(key) = &options.key {
            context.set_header(AUTHORIZATION, Some(key.header()));
        }
        for (name, value) in &options.headers {
            context.set_header(name.clone(), value.clone());
        }
        for (name, value) in &options.query {
            context = context.query(name, value);
        }
        api::Client::new_with_client(&self.base_url, self.http.client.clone(), context)
    }

    /// Sends an operation once. The timeout is `None` if the caller's HTTP client decides.
    pub(super) async fn attempt<O: Operation>(
        &self,
        operation: &O,
        api: &mut api::Client,
        options: &RequestOptions,
        failures: u32,
        timeout: Option<Duration>,
    ) -> Result<Reply<O::Output>, Failure> {
        let mut remaining = timeout;
        let fresh = match (&options.key, &self.key) {
            (Some(own), _) => Some(own.clone()),
            (None, Key::Provider(_)) => {
                let started = Instant::now();
                let key = Box::pin(self.fresh_key(&operation.action(), timeout)).await?;
                remaining = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
                if let Some(key) = &key {
                    set_unless_own(api, options, AUTHORIZATION, key.header());
                }
                key
            }
            (None, Key::Fixed(_) | Key::Absent) => None,
        };
        if failures > 0 {
            set_unless_own(api, options, RETRY_COUNT, HeaderValue::from(failures));
        }
        let differs = remaining != self.http.timeout || self.http.is_custom;
        api.context_mut().set_timeout(remaining.filter(|_| differs));
        let sending = Sending {
            transport: self,
            options,
            fresh,
            failures,
            timeout,
        };
        match operation.send(api).await {
            Ok(response) => sending.accept(operation, api, response.into_inner()),
            // Boxed, because every call's future would contain its space otherwise.
            Err(error) => Box::pin(sending.reject(operation, api, error)).await,
        }
    }

    async fn fresh_key(
        &self,
        action: &Action,
        timeout: Option<Duration>,
    ) -> Result<Option<Secret>, Failure> {
        let key = self.key.fresh(action);
        let key = match timeout {
            None => key.await,
            Some(timeout) => tokio::time::timeout(timeout, key)
                .await
                .unwrap_or_else(|_| {
                    let reason = format!("the key provider returned no key within {timeout:?}");
                    Err(Error::new(ErrorKind::Key, action.clone(), reason))
                }),
        };
        key.map_err(Failure::not_sent)
    }
}

/// Sets a header, unless the call sets or removes it itself.
fn set_unless_own(
    api: &mut api::Client,
    options: &RequestOptions,
    name: HeaderName,
    value: HeaderValue,
) {
    if !options.headers.iter().any(|(own, _)| *own == name) {
        api.context_mut().set_header(name, Some(value));
    }
}

/// An attempt whose request has been sent.
struct Sending<'a> {
    transport: &'a Transport,
    options: &'a RequestOptions,
    /// The key, unless the client's headers contain it.
    fresh: Option<Secret>,
    failures: u32,
    timeout: Option<Duration>,
}

impl Sending<'_> {
    /// Accepts a decoded response, unless it contradicts the request.
    fn accept<O: Operation>(
        &self,
        operation: &O,
        api: &api::Client,
        value: O::Output,
    ) -> Result<Reply<O::Output>, Failure> {
        let observed = api.context().take_observed();
        let is_redirected = observed.as_ref().is_some_and(|seen| seen.redirected);
        let redactor = self.redactor();
        let metadata = self.metadata(observed, &redactor);
        if is_redirected {
            return Err(redirected(operation.action(), metadata));
        }
        match operation.check(&value) {
            Ok(()) => Ok(Reply { value, metadata }),
            Err(reason) => {
                let reason = redactor.text(reason);
                let error = Error::new(ErrorKind::Incomplete, operation.action(), reason);
                let details = ErrorResponse::new(metadata);
                Err(Failure::ambiguous(error.with_response(details)))
            }
        }
    }

    /// Explains why there is no decoded response. Decodes a success with another status than 200.
    async fn reject<O: Operation>(
        &self,
        operation: &O,
        api: &api::Client,
        error: api::Error<()>,
    ) -> Result<Reply<O::Output>, Failure> {
        let error = match error {
            api::Error::UnexpectedResponse(response) if is_other_success(&response) => {
                match decode::<O>(response).await {
                    Ok(value) => return self.accept(operation, api, value),
                    Err(error) => error,
                }
            }
            error => error,
        };
        let mut observed = api.context().take_observed();
        // The hooks leave the headers of an error status in the response.
        if let (api::Error::UnexpectedResponse(response), Some(seen)) = (&error, &mut observed)
            && !response.status().is_success()
        {
            seen.headers = response.headers().clone();
        }
        let is_redirected = observed.as_ref().is_some_and(|seen| seen.redirected);
        let redactor = self.redactor();
        let metadata = self.metadata(observed, &redactor);
        if is_redirected {
            return Err(redirected(operation.action(), metadata));
        }
        let failed = Failed {
            action: operation.action(),
            transport: self.transport,
            timeout: self.timeout,
            key: self.fresh.as_ref().or(self.transport.key.fixed()),
            key_source: match &self.options.key {
                Some(_) => "the options of the request".into(),
                None => self.transport.key_source.clone(),
            },
            redactor,
            metadata,
        };
        Err(failed.explain::<O>(error).await)
    }

    fn metadata(&self, mut observed: Option<Observed>, redactor: &Redactor<'_>) -> Metadata {
        // The redactor cannot find percent-encoded secrets.
        if let Some(seen) = observed.as_mut().filter(|_| !self.options.query.is_empty()) {
            seen.url.set_query(None);
        }
        Metadata::new(observed, self.failures, redactor)
    }

    fn redactor(&self) -> Redactor<'_> {
        let options = self.options;
        Redactor::new(
            &self.transport.secrets,
            self.fresh.as_ref(),
            &options.headers,
            &options.query,
        )
    }
}

/// Creates the failure of a response from another URL. That server may have made the change.
fn redirected(action: Action, metadata: Metadata) -> Failure {
    let reason = "the HTTP client followed a redirect, so the response is from another URL";
    let error = Error::new(ErrorKind::Redirect, action, reason);
    Failure::ambiguous(error.with_response(ErrorResponse::new(metadata)))
}

/// A failed attempt, which becomes a [`Failure`].
struct Failed<'a> {
    action: Action,
    transport: &'a Transport,
    timeout: Option<Duration>,
    key: Option<&'a Secret>,
    key_source: Arc<str>,
    redactor: Redactor<'a>,
    metadata: Metadata,
}

impl Failed<'_> {
    async fn explain<O: Operation>(self, error: api::Error<()>) -> Failure {
        match error {
            api::Error::UnexpectedResponse(response) => self.status(response).await,
            api::Error::InvalidResponsePayload(body, cause) => {
                let details = decode_error::<O::Output>(&body, &cause);
                self.decode(&body, details)
            }
            api::Error::CommunicationError(cause)
            | api::Error::ResponseBodyError(cause)
            | api::Error::InvalidUpgrade(cause) => self.no_response(cause),
            api::Error::InvalidRequest(reason) | api::Error::Custom(reason) => {
                Failure::not_sent(Error::new(ErrorKind::InvalidRequest, self.action, reason))
            }
            // The generated client returns it for declared error responses, of which there are none.
            api::Error::ErrorResponse(response) => {
                let reason = self.responded(response.status());
                let details = ErrorResponse::new(self.metadata);
                let error = Error::from_response(self.action, reason, details);
                Failure::of_response(error, response.headers())
            }
        }
    }

    async fn status(self, response: reqwest::Response) -> Failure {
        let status = response.status();
        let headers = response.headers().clone();
        let body = read_beginning(response).await;
        let mut reason = self.responded(status);
        if let Some(target) = redirect_target(status, &headers) {
            reason.push_str(&self.redactor.text(target));
        }
        if status.is_success() {
            reason.push_str(" without the documented body");
        }
        self.failure(reason, &body, &headers)
    }

    /// Explains a success whose body is not the documented JSON.
    fn decode(self, body: &Bytes, details: String) -> Failure {
        let details = self.redactor.text(details);
        let status = self.metadata.status().unwrap_or(200);
        let reason = if status != 200 {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            format!("{} without the documented body", self.responded(status))
        } else if body.trim_ascii().is_empty() {
            format!("the response body is empty{}", self.note())
        } else {
            format!(
                "the response is not the documented JSON{}: {details}",
                self.note()
            )
        };
        self.failure(reason, body, &HeaderMap::new())
    }

    /// Creates the failure of a response. The status decides the kind, unless it is a success.
    fn failure(self, mut reason: String, body: &Bytes, headers: &HeaderMap) -> Failure {
        let status = self.metadata.status();
        if let Some(encoding) = self.metadata.header("content-encoding") {
            reason.push_str(&format!(
                ", with the unexpected Content-Encoding {encoding}"
            ));
        }
        let is_success = status.is_some_and(|status| (200..300).contains(&status));
        let is_write = matches!(self.action, Action::Create(_) | Action::Delete(_));
        let details = ErrorResponse::new(self.metadata).with_body(body, &self.redactor);
        let error = if status == Some(200) {
            Error::new(ErrorKind::Decode, self.action, reason).with_response(details)
        } else if is_success && is_write {
            reason.push_str(", so the change may have been made");
            Error::new(ErrorKind::Incomplete, self.action, reason).with_response(details)
        } else {
            Error::from_response(self.action, reason, details)
        };
        let is_project_key = self.key.is_some_and(Secret::is_project_key);
        let error = error.with(|it| {
            it.key_source = Some(self.key_source);
            it.is_project_key = is_project_key;
        });
        Failure::of_response(error, headers)
    }

    fn no_response(self, cause: reqwest::Error) -> Failure {
        let SendFailure {
            kind,
            reason,
            sent,
            should_retry,
            cause,
        } = self.transport.http.classify(cause, self.timeout);
        let mut error = Error::new(kind, self.action, reason).with_source(cause);
        if self.metadata.status().is_some() {
            error = error.with_response(ErrorResponse::new(self.metadata));
        }
        let error = error.with(|it| it.should_retry = should_retry);
        match sent {
            Sent::Maybe if error.kind() != ErrorKind::Certificate => Failure::ambiguous(error),
            _ => Failure::not_sent(error),
        }
    }

    fn responded(&self, status: StatusCode) -> String {
        format!("the API responded with {status}{}", self.note())
    }

    fn note(&self) -> String {
        self.transport.http.forwarding_note()
    }
}

/// Whether the status is a success that the generated client does not know and that may have the documented body.
fn is_other_success(response: &reqwest::Response) -> bool {
    matches!(response.status().as_u16(), 201..=203)
}

/// Decodes a success with another status than 200.
async fn decode<O: Operation>(response: reqwest::Response) -> Result<O::Output, api::Error<()>> {
    let body = response.bytes().await;
    let body = body.map_err(api::Error::ResponseBodyError)?;
    serde_json::from_slice(&body).map_err(|cause| api::Error::InvalidResponsePayload(body, cause))
}

/// Describes a JSON error with the path of the invalid member, which the generated client does not report.
fn decode_error<T: DeserializeOwned>(body: &[u8], cause: &serde_json::Error) -> String {
    let mut json = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) if error.path().iter().next().is_some() => error.to_string(),
        _ => cause.to_string(),
    }
}

/// Reads the beginning of an error's body until the timeout. A partial body is still useful.
async fn read_beginning(mut response: reqwest::Response) -> Bytes {
    let mut body = BytesMut::new();
    while body.len() < ERROR_BODY {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY - body.len())])
            }
            Ok(None) | Err(_) => break,
        }
    }
    body.freeze()
}

/// Describes the target of a redirect by its origin, because the rest may contain a secret.
fn redirect_target(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if !status.is_redirection() {
        return None;
    }
    let location = url::Url::parse(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    Some(format!(
        ", a redirect to {}",
        location.origin().ascii_serialization()
    ))
}
