//! Keywords whose value is not what they take.
//!
//! A rule looks at what it knows; a keyword that it does not recognise because its value is of
//! another type would pass by it and be read as something else further on.

use serde_json::{Map, Value};

use super::Findings;
use crate::{problem::Problem, tree::Pointer};

/// What a keyword takes.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    Flag,
    Number,
    /// A number in 3.1, a flag in 3.0.
    NumberOrFlag,
    Count,
    Type,
    Names,
    Values,
    Schema,
    Schemas,
    NamedSchemas,
}

const KEYWORDS: [(&str, Takes); 36] = [
    ("$ref", Takes::Text),
    ("additionalProperties", Takes::Schema),
    ("allOf", Takes::Schemas),
    ("anyOf", Takes::Schemas),
    ("contentEncoding", Takes::Text),
    ("contentMediaType", Takes::Text),
    ("deprecated", Takes::Flag),
    ("description", Takes::Text),
    ("enum", Takes::Values),
    ("exclusiveMaximum", Takes::NumberOrFlag),
    ("exclusiveMinimum", Takes::NumberOrFlag),
    ("format", Takes::Text),
    ("items", Takes::Schema),
    ("maxItems", Takes::Count),
    ("maxLength", Takes::Count),
    ("maxProperties", Takes::Count),
    ("maximum", Takes::Number),
    ("minItems", Takes::Count),
    ("minLength", Takes::Count),
    ("minProperties", Takes::Count),
    ("minimum", Takes::Number),
    ("multipleOf", Takes::Number),
    ("not", Takes::Schema),
    ("nullable", Takes::Flag),
    ("oneOf", Takes::Schemas),
    ("pattern", Takes::Text),
    ("patternProperties", Takes::NamedSchemas),
    ("prefixItems", Takes::Schemas),
    ("properties", Takes::NamedSchemas),
    ("propertyNames", Takes::Schema),
    ("readOnly", Takes::Flag),
    ("required", Takes::Names),
    ("title", Takes::Text),
    ("type", Takes::Type),
    ("uniqueItems", Takes::Flag),
    ("writeOnly", Takes::Flag),
];

const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Whether every keyword has a value that it takes; a problem for each that has not.
pub(super) fn check(schema: &Map<String, Value>, at: &Pointer, findings: &mut Findings) -> bool {
    let before = findings.problems.len();
    for (key, takes) in KEYWORDS {
        if let Some(value) = schema.get(key)
            && let Err(expected) = takes.check(value)
        {
            findings.problems.push(Problem::new(
                &at.join(key),
                format!("`{key}` takes {expected}, not {}", short(value)),
                "correct or remove it by an action in openapi/overlay.yaml",
            ));
        }
    }
    findings.problems.len() == before
}

impl Takes {
    fn check(self, value: &Value) -> Result<(), &'static str> {
        let (fits, expected) = match self {
            Self::Text => (value.is_string(), "text"),
            Self::Flag => (value.is_boolean(), "true or false"),
            Self::Number => (value.is_number(), "a number"),
            Self::NumberOrFlag => (
                value.is_number() || value.is_boolean(),
                "a number, or true or false",
            ),
            Self::Count => (value.is_u64(), "a whole number from 0"),
            Self::Type => (
                is_type(value) || is_list(value, is_type),
                "one of array, boolean, integer, null, number, object, string or a list of them",
            ),
            Self::Names => (
                value
                    .as_array()
                    .is_some_and(|names| names.iter().all(Value::is_string)),
                "a list of names",
            ),
            Self::Values => (is_list(value, |_| true), "a list of one value at least"),
            // Whether a schema is one is asked where it stands.
            Self::Schema => (!value.is_array(), "a schema"),
            Self::Schemas => (is_list(value, |_| true), "a list of one schema at least"),
            Self::NamedSchemas => (value.is_object(), "schemas by name"),
        };
        if fits { Ok(()) } else { Err(expected) }
    }
}

fn is_type(value: &Value) -> bool {
    value.as_str().is_some_and(|name| TYPES.contains(&name))
}

fn is_list(value: &Value, member: impl Fn(&Value) -> bool) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(member))
}

/// The beginning of a value as JSON.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
