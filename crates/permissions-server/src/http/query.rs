//! The query parameters of lists.

use super::error::ApiError;
use super::path::check_id;
use crate::limits::{DEFAULT_PAGE_SIZE, DEFAULT_PROJECT_PAGE_SIZE, MAX_PAGE_SIZE};
use crate::store::{Order, PageQuery, ProjectQuery};

/// Parses and checks the query parameters of the list of permissions.
pub(super) fn parse(checkpoint: String, query: &str) -> Result<PageQuery, ApiError> {
    let [after, limit, order, project_id] =
        parameters(query, ["after", "limit", "order", "project_id"])?;
    let orders = [
        ("descending", Order::Descending),
        ("ascending", Order::Ascending),
    ];
    Ok(PageQuery {
        checkpoint,
        after,
        limit: parse_limit(limit.as_deref(), 0, DEFAULT_PAGE_SIZE)?,
        order: choose("order", order, orders)?,
        project_id,
    })
}

/// Parses and checks the query parameters of the list of projects.
pub(super) fn parse_projects(query: &str) -> Result<ProjectQuery, ApiError> {
    let [after, limit, include_archived] =
        parameters(query, ["after", "limit", "include_archived"])?;
    let values = [("false", false), ("true", true)];
    let include_archived = choose("include_archived", include_archived, values)?;
    Ok(ProjectQuery {
        after,
        limit: parse_limit(limit.as_deref(), 1, DEFAULT_PROJECT_PAGE_SIZE)?,
        include_archived,
    })
}

/// Returns the values of the parameters `names`. Fails if the query contains a parameter that is not in `names`, the
/// same parameter twice, or an invalid id.
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
        if matches!(&*name, "after" | "project_id") {
            check_id(&name, &value)?;
        }
        if values[index].replace(value.into_owned()).is_some() {
            let message = format!("{name} occurs more than once; send it once");
            return Err(ApiError::invalid("duplicate_parameter", &name, message));
        }
    }
    Ok(values)
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

/// Returns the value of a parameter that allows two values. The first one is the default.
fn choose<T>(
    name: &str,
    value: Option<String>,
    [default, other]: [(&str, T); 2],
) -> Result<T, ApiError> {
    match value {
        None => Ok(default.1),
        Some(value) if value == default.0 => Ok(default.1),
        Some(value) if value == other.0 => Ok(other.1),
        Some(value) => {
            let message = format!("{name} is '{value}'; send {} or {}", other.0, default.0);
            Err(ApiError::invalid("invalid_value", name, message))
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
