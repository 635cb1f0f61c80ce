//! The parameters of a list.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use permissions_api::types::Order;

use super::App;
use super::error::ApiError;
use super::path::check_id;
use crate::limits::{DEFAULT_PAGE, MAX_PAGE};

/// `after`, `limit`, `order` and `project_id`, checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListParams {
    pub(super) after: Option<String>,
    pub(super) limit: u32,
    pub(super) order: Order,
    pub(super) project_id: Option<String>,
}

impl FromRequestParts<Arc<App>> for ListParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl ListParams {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let (mut after, mut limit, mut order, mut project_id) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match &*name {
                "after" => &mut after,
                "limit" => &mut limit,
                "order" => &mut order,
                "project_id" => &mut project_id,
                _ => {
                    return Err(ApiError::invalid(
                        "unknown_parameter",
                        &*name,
                        format!(
                            "'{name}' is not a parameter of list; \
                             there are after, limit, order and project_id"
                        ),
                    ));
                }
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(ApiError::invalid(
                    "duplicate_parameter",
                    &*name,
                    format!("{name} is given more than once; give it once"),
                ));
            }
        }
        if let Some(after) = &after {
            check_id("after", after)?;
        }
        if let Some(project_id) = &project_id {
            check_id("project_id", project_id)?;
        }
        Ok(Self {
            after,
            limit: limit.as_deref().map_or(Ok(DEFAULT_PAGE), parse_limit)?,
            order: order
                .as_deref()
                .map_or(Ok(Order::Descending), parse_order)?,
            project_id,
        })
    }
}

fn parse_limit(value: &str) -> Result<u32, ApiError> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::invalid(
            "invalid_type",
            "limit",
            format!("limit is '{value}', which is not an integer; give 0 to {MAX_PAGE}"),
        ));
    }
    // An integer of any length is judged as one: what does not fit is too large or too small.
    match value.parse::<i64>() {
        Ok(limit) if (0..=i64::from(MAX_PAGE)).contains(&limit) => {
            Ok(u32::try_from(limit).unwrap_or(MAX_PAGE))
        }
        Ok(0..) | Err(_) if !value.starts_with('-') => Err(ApiError::invalid(
            "integer_above_max_value",
            "limit",
            format!("limit is {value}; a page has at most {MAX_PAGE} permissions"),
        )),
        _ => Err(ApiError::invalid(
            "integer_below_min_value",
            "limit",
            format!("limit is {value}; give 0 to {MAX_PAGE}"),
        )),
    }
}

fn parse_order(value: &str) -> Result<Order, ApiError> {
    value.parse().map_err(|_| {
        ApiError::invalid(
            "invalid_value",
            "order",
            format!("order is '{value}'; give ascending or descending"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_means_the_defaults() {
        assert_eq!(
            ListParams::parse("").expect("valid"),
            ListParams {
                after: None,
                limit: 10,
                order: Order::Descending,
                project_id: None,
            }
        );
    }

    #[test]
    fn every_parameter_is_read_and_decoded() {
        assert_eq!(
            ListParams::parse("after=cp_%C3%BC&limit=0&order=ascending&project_id=a+b")
                .expect("valid"),
            ListParams {
                after: Some("cp_ü".to_owned()),
                limit: 0,
                order: Order::Ascending,
                project_id: Some("a b".to_owned()),
            }
        );
    }

    #[test]
    fn limit_is_an_integer_from_0_to_100() {
        for good in ["0", "1", "100", "007"] {
            assert!(parse_limit(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-",
            "ten",
            "1.0",
            "1e2",
            "+5",
            " 5",
            "101",
            "-1",
            "99999999999999999999",
        ] {
            assert!(parse_limit(bad).is_err(), "{bad}");
        }
    }
}
