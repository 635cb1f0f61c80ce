//! The body of a create.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::App;
use super::error::ApiError;
use super::path::check_id;
use crate::limits::{Limits, MAX_PROJECT_IDS};

/// The projects to create permissions for: each once, in the order asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProjectIds(pub(super) Vec<String>);

impl FromRequest<Arc<App>> for ProjectIds {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        check_media_type(&request)?;
        let limit = app.limits.body_bytes;
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|announced| announced > limit) {
            return Err(ApiError::body_too_large(limit));
        }
        Self::parse(&read_body(request.into_body(), &app.limits).await?)
    }
}

impl ProjectIds {
    fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let Members(members) = serde_json::from_slice(body).map_err(not_json)?;
        let mut project_ids = None;
        for (name, value) in members {
            if name != "project_ids" {
                return Err(ApiError::invalid(
                    "unknown_parameter",
                    &*name,
                    format!("'{name}' is not a member of the body; there is only project_ids"),
                ));
            }
            if project_ids.replace(value).is_some() {
                return Err(ApiError::invalid(
                    "duplicate_parameter",
                    "project_ids",
                    "project_ids is given more than once; give one array",
                ));
            }
        }
        let project_ids = match project_ids {
            Some(Value::Array(project_ids)) => project_ids,
            Some(other) => {
                return Err(ApiError::invalid(
                    "invalid_type",
                    "project_ids",
                    format!(
                        "project_ids is {}; give an array of strings",
                        type_name(&other)
                    ),
                ));
            }
            None => {
                return Err(ApiError::invalid(
                    "missing_required_parameter",
                    "project_ids",
                    "project_ids is missing; give an array of project ids",
                ));
            }
        };
        if project_ids.is_empty() {
            return Err(ApiError::invalid(
                "empty_array",
                "project_ids",
                "project_ids is empty; give at least one project id",
            ));
        }
        if project_ids.len() > MAX_PROJECT_IDS {
            return Err(ApiError::invalid(
                "array_above_max_length",
                "project_ids",
                format!(
                    "project_ids has {} ids; give at most {MAX_PROJECT_IDS} in a request",
                    project_ids.len()
                ),
            ));
        }
        let mut seen = HashSet::with_capacity(project_ids.len());
        let mut distinct = Vec::with_capacity(project_ids.len());
        for (index, project_id) in project_ids.into_iter().enumerate() {
            let param = format!("project_ids[{index}]");
            let Value::String(project_id) = project_id else {
                return Err(ApiError::invalid(
                    "invalid_type",
                    &*param,
                    format!("{param} is {}; give a string", type_name(&project_id)),
                ));
            };
            check_id(&param, &project_id)?;
            if seen.insert(project_id.clone()) {
                distinct.push(project_id);
            }
        }
        Ok(Self(distinct))
    }
}

/// A whole body, in time and within its size.
pub(super) async fn read_body(body: Body, limits: &Limits) -> Result<Bytes, ApiError> {
    tokio::time::timeout(limits.body_time, to_bytes(body, limits.body_bytes))
        .await
        .map_err(|_| ApiError::body_too_slow())?
        .map_err(|error| unreadable(error, limits.body_bytes))
}

fn check_media_type(request: &Request) -> Result<(), ApiError> {
    let found = match request.headers().get(CONTENT_TYPE) {
        None => return Err(ApiError::unsupported_media_type(None)),
        Some(found) => String::from_utf8_lossy(found.as_bytes()),
    };
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::unsupported_media_type(Some(&found)))
    }
}

fn unreadable(error: axum::Error, limit: usize) -> ApiError {
    let source = error.into_inner();
    if source.is::<http_body_util::LengthLimitError>() {
        ApiError::body_too_large(limit)
    } else {
        ApiError::invalid_body(
            "invalid_body",
            format!("the body did not arrive whole: {source}"),
        )
    }
}

fn not_json(error: serde_json::Error) -> ApiError {
    if error.is_data() {
        ApiError::invalid_body(
            "invalid_type",
            format!("the body is not a JSON object: {error}"),
        )
    } else {
        ApiError::invalid_body(
            "invalid_json",
            format!("the body is not JSON: {error}; send {{\"project_ids\": [\"…\"]}}"),
        )
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The members of an object as they stand: a map would drop a name that comes twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with project_ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_project_is_asked_for_once_where_it_came_first() {
        let parsed = ProjectIds::parse(br#"{"project_ids":["b","a","b"]}"#).expect("valid");
        assert_eq!(parsed, ProjectIds(vec!["b".to_owned(), "a".to_owned()]));
    }

    #[test]
    fn whatever_is_wrong_with_a_body_is_refused() {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"project_ids":null}"#,
            r#"{"project_ids":[]}"#,
            r#"{"project_ids":[1]}"#,
            r#"{"project_ids":[""]}"#,
            r#"{"project_ids":[".."]}"#,
            r#"{"project_ids":["a\u0000"]}"#,
            r#"{"project_ids":["a"],"project_ids":["b"]}"#,
            r#"{"project_ids":["a"],"note":1}"#,
            r#"{"project_ids":["a"]} x"#,
        ] {
            assert!(ProjectIds::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
