//! Questions that several stages ask of a lowered schema.

use serde_json::Value;

use crate::select::component_name;

/// How many references in a row are followed before a schema counts as having no type.
const MAX_CHAIN: usize = 32;

/// The type that a schema has, followed through references among `schemas`; a union has none unless
/// one of its members is an object or an array, which is what a parameter cannot be.
pub(crate) fn type_of(schemas: &Value, schema: &Value) -> Option<String> {
    follow(schemas, schema, MAX_CHAIN)
}

fn follow(schemas: &Value, schema: &Value, left: usize) -> Option<String> {
    let left = left.checked_sub(1)?;
    if let Some(name) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(component_name)
    {
        return follow(schemas, schemas.get(&name)?, left);
    }
    if let Some(name) = schema["type"].as_str() {
        return Some(name.to_owned());
    }
    if schema.get("properties").is_some() {
        return Some("object".to_owned());
    }
    let members = |key: &str| {
        schema[key]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    if let [one] = members("allOf") {
        return follow(schemas, one, left);
    }
    ["allOf", "anyOf", "oneOf"]
        .iter()
        .flat_map(|key| members(key))
        .filter_map(|member| follow(schemas, member, left))
        .find(|name| name == "object" || name == "array")
}
