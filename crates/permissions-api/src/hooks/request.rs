//! Requests in the making, as the generated code makes them.
//!
//! It stands in for the builder of reqwest, which is to be had from a reqwest client alone.

use std::fmt::Display;

use progenitor_client::Error;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, Request, Url};
use serde::Serialize;

/// A request, or why it cannot be made.
pub(crate) struct RequestBuilder(Result<Request, Unfit>);

/// Why a request cannot be made.
#[derive(Debug)]
pub(crate) struct Unfit(String);

impl From<Unfit> for Error<()> {
    fn from(Unfit(reason): Unfit) -> Self {
        Self::InvalidRequest(reason)
    }
}

impl crate::Client {
    /// Starts a request, with room for the headers that it will have.
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let mut request = Request::new(method, url);
        *request.headers_mut() = HeaderMap::with_capacity(OWN_HEADERS + self.inner.header_count());
        RequestBuilder(Ok(request))
    }
}

/// The most that an operation usually brings with it; more of them cost a copy of the map.
const OWN_HEADERS: usize = 2;

#[allow(
    dead_code,
    reason = "an operation that is added may need what no other does"
)]
impl RequestBuilder {
    pub(crate) fn header<V>(self, name: HeaderName, value: V) -> Self
    where
        V: TryInto<HeaderValue>,
        V::Error: Display,
    {
        self.and_then(|request| {
            let value = value
                .try_into()
                .map_err(|error| format!("the header {name} cannot be sent: {error}"))?;
            request.headers_mut().insert(name, value);
            Ok(())
        })
    }

    pub(crate) fn headers(self, headers: HeaderMap) -> Self {
        self.and_then(|request| {
            request.headers_mut().extend(headers);
            Ok(())
        })
    }

    pub(crate) fn query(self, parameter: &impl Serialize) -> Self {
        self.and_then(|request| {
            let mut pairs = request.url_mut().query_pairs_mut();
            let done = parameter.serialize(serde_urlencoded::Serializer::new(&mut pairs));
            done.map_err(|error| format!("a query parameter cannot be written: {error}"))?;
            drop(pairs);
            if request.url().query() == Some("") {
                request.url_mut().set_query(None);
            }
            Ok(())
        })
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Self {
        self.written(
            "application/json",
            serde_json::to_vec(body).map_err(|error| error.to_string()),
        )
    }

    pub(crate) fn form_urlencoded(self, body: &impl Serialize) -> Result<Self, Unfit> {
        let body = serde_urlencoded::to_string(body).map_err(|error| error.to_string());
        Ok(self.written("application/x-www-form-urlencoded", body))
    }

    pub(crate) fn body(self, body: impl Into<Body>) -> Self {
        self.and_then(|request| {
            *request.body_mut() = Some(body.into());
            Ok(())
        })
    }

    pub(crate) fn build(self) -> Result<Request, Unfit> {
        self.0
    }

    fn written(self, kind: &'static str, body: Result<impl Into<Body>, String>) -> Self {
        self.and_then(|request| {
            let body = body.map_err(|error| format!("the body cannot be written: {error}"))?;
            let headers = request.headers_mut();
            headers
                .entry(CONTENT_TYPE)
                .or_insert(HeaderValue::from_static(kind));
            *request.body_mut() = Some(body.into());
            Ok(())
        })
    }

    fn and_then(mut self, step: impl FnOnce(&mut Request) -> Result<(), String>) -> Self {
        if let Ok(request) = &mut self.0
            && let Err(reason) = step(request)
        {
            self.0 = Err(Unfit(reason));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn builder() -> RequestBuilder {
        let url = "http://127.0.0.1/v1/a".parse().unwrap();
        RequestBuilder(Ok(Request::new(Method::POST, url)))
    }

    fn query(parameter: &[(&str, &str)]) -> String {
        let request = builder().query(&parameter).build().unwrap();
        request.url().as_str().to_owned()
    }

    #[test]
    fn a_query_is_encoded_and_nothing_leaves_no_trace() {
        assert_eq!(
            query(&[("after", "cp_ü&"), ("limit", "2")]),
            "http://127.0.0.1/v1/a?after=cp_%C3%BC%26&limit=2"
        );
        assert_eq!(query(&[]), "http://127.0.0.1/v1/a");
    }

    #[test]
    fn a_body_says_what_it_is_unless_the_operation_does() {
        let body = BTreeMap::from([("a", "b c")]);
        let json = builder().json(&body).build().unwrap();
        assert_eq!(json.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(
            json.body().unwrap().as_bytes(),
            Some(&b"{\"a\":\"b c\"}"[..])
        );

        let form = builder().form_urlencoded(&body).unwrap().build().unwrap();
        assert_eq!(
            form.headers()[CONTENT_TYPE],
            "application/x-www-form-urlencoded"
        );
        assert_eq!(form.body().unwrap().as_bytes(), Some(&b"a=b+c"[..]));

        let own = HeaderValue::from_static("application/merge-patch+json");
        let own = builder().header(CONTENT_TYPE, own).json(&body);
        let own = own.build().unwrap();
        assert_eq!(own.headers()[CONTENT_TYPE], "application/merge-patch+json");
    }

    #[test]
    fn what_cannot_be_sent_is_an_error_that_names_it() {
        let number_as_name = BTreeMap::from([([1], 1)]);
        for (builder, named) in [
            (
                builder().header(CONTENT_TYPE, "a\nb"),
                "the header content-type",
            ),
            (builder().query(&[("a", [1])]), "a query parameter"),
            (builder().json(&number_as_name), "the body"),
        ] {
            let refused = Error::from(builder.build().unwrap_err()).to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
