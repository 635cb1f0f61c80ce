//! The query parameters of lists.

use super::error::ApiError;
use super::path::check_id;
use crate::limits::{DEFAULT_PAGE_SIZE, DEFAULT_PROJECT_PAGE_SIZE, MAX_PAGE_SIZE};
use crate::store::{Order, PageQuery, ProjectQuery};

/// Parses and checks the query parameters of the list of permissions.
pub(super) fn parse(checkpoint: String, query: &str) -> Result<PageQuery, ApiError> {
    let [after, limit, order, project_id] =
        parameters(query, ["after", "limit", "order", "project_id"])?;
    check_ids([("after", &after), ("project_id", &project_id)])?;
    Ok(PageQuery {
        checkpoint,
        after,
        limit: parse_limit(limit.as_deref(), 0, DEFAULT_PAGE_SIZE)?,
        order: parse_order(order.as_deref())?,
        project_id,
    })
}

/// Parses and checks the query parameters of the list of projects.
pub(super) fn parse_projects(query: &str) -> Result<ProjectQuery, ApiError> {
    let [after, limit, include_archived] =
        parameters(query, ["after", "limit", "include_archived"])?;
    check_ids([("after", &after)])?;
    let include_archived = match include_archived.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(value) => {
            let message = format!("include_archived is '{value}'; send true or false");
            return Err(ApiError::invalid(
                "invalid_type",
                "include_archived",
                message,
            ));
        }
    };
    Ok(ProjectQuery {
        after,
        limit: parse_limit(limit.as_deref(), 1, DEFAULT_PROJECT_PAGE_SIZE)?,
        include_archived,
    })
}

/// Returns the values of the parameters `names`. Fails if another parameter occurs, or one occurs twice.
fn parameters<const N: usize>(
    query: &str,
    names: [&str; N],
) -> Result<[Option<String>; N], ApiError> {
    let mut values = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(index) = names.iter().position(|known| *known == name) else {
            let message = format!("unknown parameter '{name}'; use {}", names.join(", "));
            return Err(ApiError::invalid("unknown_parameter", &name, message));
        };
        if values[index].replace(value.into_owned()).is_some() {
            let message = format!("{name} occurs more than once; send it once");
            return Err(ApiError::invalid("duplicate_parameter", &name, message));
        }
    }
    Ok(values)
}

fn check_ids<const N: usize>(ids: [(&str, &Option<String>); N]) -> Result<(), ApiError> {
    for (name, id) in ids {
        if let Some(id) = id {
            check_id(name, id)?;
        }
    }
    Ok(())
}

fn parse_limit(value: Option<&str>, min: u32, default: u32) -> Result<u32, ApiError> {
    let Some(value) = value else {
        return Ok(default);
    };
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (code, reason) = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        ("invalid_type", "which is not an integer")
    } else {
        // The value is an integer, but may be too long for any integer type.
        let limit = value.parse().unwrap_or(i64::MAX);
        if limit < min.into() || value.starts_with('-') {
            ("integer_below_min_value", "which is too small")
        } else {
            match u32::try_from(limit) {
                Ok(limit) if limit <= MAX_PAGE_SIZE => return Ok(limit),
                _ => ("integer_above_max_value", "which is too large"),
            }
        }
    };
    let message = format!("limit is '{value}', {reason}; send {min} to {MAX_PAGE_SIZE}");
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
            assert!(parse_limit(Some(good), 0, 10).is_ok(), "{good}");
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
            assert!(parse_limit(Some(bad), 0, 10).is_err(), "{bad}");
        }
    }
}
