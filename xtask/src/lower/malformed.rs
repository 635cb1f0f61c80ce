//! Refuses keywords with a value of the wrong type.
//!
//! The other rules ignore values that they do not expect, so a wrong value would be lost silently.

use serde_json::{Map, Value};

use super::findings::Findings;
use crate::{
    keywords::{Accepts, KEYWORDS},
    problem::Problem,
    reference::Pointer,
};

const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Reports each keyword with a value of the wrong type. Returns true if all values are valid.
pub(super) fn check(schema: &Map<String, Value>, at: &Pointer, findings: &mut Findings) -> bool {
    let before = findings.problems.len();
    for keyword in KEYWORDS {
        let key = keyword.name;
        if let Some(value) = schema.get(key)
            && let Err(expected) = check_value(keyword.accepts, value)
        {
            findings.problems.push(Problem::new(
                &at.join(key),
                format!("`{key}` accepts {expected}, not {}", short(value)),
                "correct or remove it by an action in openapi/overlay.yaml",
            ));
        }
    }
    findings.problems.len() == before
}

fn check_value(accepts: Accepts, value: &Value) -> Result<(), &'static str> {
    let (fits, expected) = match accepts {
        Accepts::Any => return Ok(()),
        Accepts::Text => (value.is_string(), "a string"),
        Accepts::Flag => (value.is_boolean(), "true or false"),
        Accepts::Number => (value.is_number(), "a number"),
        Accepts::NumberOrFlag => (
            value.is_number() || value.is_boolean(),
            "a number, true or false",
        ),
        Accepts::Count => (value.is_u64(), "a non-negative integer"),
        Accepts::Type => (
            is_type(value) || is_list(value, is_type),
            "a type or a list of types",
        ),
        Accepts::Names => (
            value
                .as_array()
                .is_some_and(|names| names.iter().all(Value::is_string)),
            "a list of names",
        ),
        Accepts::Values => (is_list(value, |_| true), "a list with at least one value"),
        // The traversal visits the inner schemas and checks them later.
        Accepts::Schema => (!value.is_array(), "a schema"),
        Accepts::Schemas => (is_list(value, |_| true), "a list with at least one schema"),
        Accepts::NamedSchemas => (value.is_object(), "an object of schemas"),
    };
    if fits { Ok(()) } else { Err(expected) }
}

fn is_type(value: &Value) -> bool {
    value.as_str().is_some_and(|name| TYPES.contains(&name))
}

fn is_list(value: &Value, member: impl Fn(&Value) -> bool) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(member))
}

/// Returns the first characters of a value as JSON.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
