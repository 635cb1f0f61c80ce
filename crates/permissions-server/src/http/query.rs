//! The query parameters of list.

use super::error::ApiError;
use super::path::check_id;
use crate::limits::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use crate::store::{Order, PageQuery};

/// Parses and checks the query parameters.
pub(super) fn parse(checkpoint: String, query: &str) -> Result<PageQuery, ApiError> {
    let (mut after, mut limit, mut order, mut project_id) = (None, None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "after" => &mut after,
            "limit" => &mut limit,
            "order" => &mut order,
            "project_id" => &mut project_id,
            _ => {
                let message =
                    format!("unknown parameter '{name}'; use after, limit, order or project_id");
                return Err(ApiError::invalid("unknown_parameter", &name, message));
            }
        };
        if slot.replace(value.into_owned()).is_some() {
            let message = format!("{name} occurs more than once; send it once");
            return Err(ApiError::invalid("duplicate_parameter", &name, message));
        }
    }
    for (name, id) in [("after", &after), ("project_id", &project_id)] {
        if let Some(id) = id {
            check_id(name, id)?;
        }
    }
    Ok(PageQuery {
        checkpoint,
        after,
        limit: limit
            .as_deref()
            .map_or(Ok(DEFAULT_PAGE_SIZE), parse_limit)?,
        order: parse_order(order.as_deref())?,
        project_id,
    })
}

fn parse_limit(value: &str) -> Result<u32, ApiError> {
    let (code, reason) = match value.strip_prefix('-').unwrap_or(value) {
        digits if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            ("invalid_type", "which is not an integer")
        }
        // The value is an integer, but may be too long for any integer type.
        _ => match value.parse::<i64>() {
            Ok(limit) if (0..=MAX_PAGE_SIZE.into()).contains(&limit) => {
                return Ok(u32::try_from(limit).unwrap_or(MAX_PAGE_SIZE));
            }
            _ if value.starts_with('-') => ("integer_below_min_value", "which is below 0"),
            _ => ("integer_above_max_value", "which is too large"),
        },
    };
    let message = format!("limit is '{value}', {reason}; send 0 to {MAX_PAGE_SIZE}");
    Err(ApiError::invalid(code, "limit", message))
}

fn parse_order(value: Option<&str>) -> Result<Order, ApiError> {
    match value {
        Some("ascending") => Ok(Order::Ascending),
        None | Some("descending") => Ok(Order::Descending),
        Some(value) => {
            let message = format!("order is '{value}'; send ascending or descending");
            Err(ApiError::invalid("invalid_value", "order", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_query_uses_the_defaults() {
        assert_eq!(
            parse("m".to_owned(), "").expect("valid"),
            PageQuery {
                checkpoint: "m".to_owned(),
                after: None,
                limit: 10,
                order: Order::Descending,
                project_id: None,
            }
        );
    }

    #[test]
    fn parameters_are_decoded() {
        assert_eq!(
            parse(
                "m".to_owned(),
                "after=cp_%C3%BC&limit=0&order=ascending&project_id=a+b"
            )
            .expect("valid"),
            PageQuery {
                checkpoint: "m".to_owned(),
                after: Some("cp_ü".to_owned()),
                limit: 0,
                order: Order::Ascending,
                project_id: Some("a b".to_owned()),
            }
        );
    }

    #[test]
    fn limit_outside_0_to_100_is_refused() {
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
