//! Compares two schemas by their use in requests and responses, and by their Rust types.

use serde_json::{Map, Value, json};

use super::{
    comparison::{Comparison, Pair, Place, at},
    rules::{self, Rule},
};
use crate::{
    keywords::{self, Role},
    reference::component_name,
    tree::elements,
};

/// Compares the old and the new version of a schema.
pub(super) fn compare(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    let (old, new) = &pair.map(unwrapped);
    let schemas = Pair::of(old, new);
    if schemas.is_equal() || references_differ(comparison, place, schemas.at("$ref")) {
        return;
    }
    properties(comparison, place, schemas);
    comparison.members(place, schemas, |comparison, key, pair| {
        let rule = match key {
            // Compared above.
            "$ref" | "properties" | "required" => return true,
            _ if keywords::role(key) == Some(Role::Limit) => limit_rule(key, pair),
            "type" => &rules::TYPE_REPLACED,
            "not" => &rules::TYPE_NEGATION,
            "nullable" if pair.new == &json!(true) => &rules::NULL_ALLOWED,
            "nullable" => &rules::NULL_FORBIDDEN,
            // A changed format is not reported if the type changed too.
            "format" if !schemas.at("type").is_equal() => return true,
            "format" => format_rule(schemas),
            "default" if place.in_property => &rules::PROPERTY_DEFAULT,
            "default" => &rules::DEFAULT,
            "title" if is_named_type(old) || is_named_type(new) => &rules::TYPE_TITLE,
            "enum" if pair.old.is_array() && pair.new.is_array() => {
                values(comparison, place, pair);
                return true;
            }
            "enum" if pair.old.is_null() => &rules::ENUM_ADDED,
            "enum" => &rules::ENUM_REMOVED,
            "items" if pair.old.is_object() && pair.new.is_object() => {
                compare(comparison, &place.inside("[]"), pair);
                return true;
            }
            "additionalProperties" => match (pair.old, pair.new) {
                (Value::Object(_), Value::Object(_)) => {
                    compare(comparison, &place.inside(".*"), pair);
                    return true;
                }
                (Value::Null, Value::Bool(false)) => &rules::ADDITIONAL_FORBIDDEN,
                (Value::Bool(false), Value::Null) => &rules::ADDITIONAL_ALLOWED,
                _ => &rules::ADDITIONAL_TYPE,
            },
            "allOf" | "anyOf" | "oneOf" => match pair.map(Value::as_array) {
                (Some(old), Some(new)) if old.len() == new.len() => {
                    for (index, (old, new)) in old.iter().zip(new).enumerate() {
                        let place = place.inside(format!(" {key} {}", index + 1));
                        compare(comparison, &place, Pair::of(old, new));
                    }
                    return true;
                }
                _ => &rules::COMBINATION,
            },
            _ => return false,
        };
        comparison.replaced(place, rule, key, pair);
        true
    });
}

/// Compares references and returns whether they differ. Targets are compared as named schemas.
fn references_differ(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) -> bool {
    let rule = match pair.map(Value::is_string) {
        (true, true) if comparison.is_same_type(pair) => return false,
        (true, true) => &rules::TYPE_REPLACED,
        (true, false) => &rules::TYPE_INLINED,
        (false, true) => &rules::TYPE_NAMED,
        (false, false) => return false,
    };
    let (old, new) = &pair.map(|reference| json!(reference.as_str().and_then(component_name)));
    comparison.replaced(place, rule, "", Pair::of(old, new));
    true
}

fn properties(comparison: &mut Comparison<'_>, place: &Place, schemas: Pair<'_>) {
    let properties = schemas.at("properties");
    for name in properties.keys() {
        let (place, pair) = (place.property(name), properties.at(name));
        let required = schemas.map(|schema| requires(schema, name));
        if pair.old.is_null() || pair.new.is_null() {
            let rule = match required {
                _ if pair.new.is_null() => &rules::PROPERTY_REMOVED,
                (_, true) => &rules::PROPERTY_REQUIRED_ADDED,
                (_, false) => &rules::PROPERTY_ADDED,
            };
            comparison.add(&place, rule);
            continue;
        }
        let nullable = pair.flags("nullable") == (true, true);
        match required {
            (false, true) if nullable => comparison.add(&place, &rules::NULLABLE_REQUIRED),
            (false, true) => comparison.add(&place, &rules::PROPERTY_REQUIRED),
            (true, false) if nullable => comparison.add(&place, &rules::NULLABLE_OPTIONAL),
            (true, false) => comparison.add(&place, &rules::PROPERTY_OPTIONAL),
            (true, true) => {}
            (false, false) => {
                optional_property(comparison, &place, pair);
                continue;
            }
        }
        compare(comparison, &place, pair);
    }
    let (old, new) = &schemas.map(|schema| {
        let mut names = at(schema, "required")
            .as_array()
            .cloned()
            .unwrap_or_default();
        names.retain(|name| {
            let name = name.as_str().unwrap_or_default();
            at(schema, "properties").get(name).is_none()
        });
        Value::Array(names)
    });
    if old != new {
        comparison.replaced(place, &rules::UNKNOWN, "required", Pair::of(old, new));
    }
}

/// Compares an optional property. Its field is always an `Option`, even if it may not be null.
fn optional_property(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    let (mut old, mut new) = pair.map(unwrapped);
    match Pair::of(&old, &new).flags("nullable") {
        (false, true) => comparison.add(place, &rules::OPTION_NULL_ALLOWED),
        (true, false) => comparison.add(place, &rules::OPTION_NULL_FORBIDDEN),
        _ => {}
    }
    for schema in [&mut old, &mut new] {
        if let (true, Some(schema)) = (schema["nullable"] == true, schema.as_object_mut()) {
            schema.remove("nullable");
        }
    }
    compare(comparison, place, Pair::of(&old, &new));
}

fn requires(schema: &Value, name: &str) -> bool {
    let names = at(schema, "required").as_array();
    names.is_some_and(|names| names.iter().any(|item| item == name))
}

/// Returns the rule for a changed limit on numbers, strings or arrays.
fn limit_rule(key: &str, pair: Pair<'_>) -> &'static Rule {
    // An absent lower limit counts as minus infinity, and an absent upper limit as infinity.
    let bound = |absent: f64| pair.map(|value| value.as_f64().unwrap_or(absent));
    let tighter = match (key, pair.map(Value::is_null)) {
        ("pattern", (_, true)) => return &rules::PATTERN_REMOVED,
        ("pattern", _) => return &rules::PATTERN_CHANGED,
        ("multipleOf", (false, false)) => return &rules::OTHER_LIMIT,
        ("multipleOf", (added, _)) => added,
        ("uniqueItems" | "exclusiveMinimum" | "exclusiveMaximum", _) => pair.new == &json!(true),
        _ if key.starts_with("min") => {
            let (old, new) = bound(f64::NEG_INFINITY);
            new > old
        }
        _ => {
            let (old, new) = bound(f64::INFINITY);
            new < old
        }
    };
    if tighter {
        &rules::TIGHTER_LIMIT
    } else {
        &rules::LOOSER_LIMIT
    }
}

fn format_rule(schemas: Pair<'_>) -> &'static Rule {
    let (old, new) = schemas.map(rust_scalar);
    if old != new {
        return &rules::FORMAT_TYPE;
    }
    match schemas.at("format").map(Value::is_null) {
        (true, _) => &rules::FORMAT_ADDED,
        (_, true) => &rules::FORMAT_REMOVED,
        _ => &rules::FORMAT_CHANGED,
    }
}

/// Compares the values of an enum.
fn values(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    let (old, new) = pair.map(|values| elements(values).collect::<Vec<_>>());
    comparison.items(
        place,
        (&old, &new),
        (&rules::VALUE_REMOVED, &rules::VALUE_ADDED),
    );
    if old.len() == new.len() && old.iter().all(|value| new.contains(value)) {
        comparison.add(place, &rules::VALUE_ORDER);
    }
}

/// Returns a key for the Rust type of a scalar. Equal keys mean equal types.
fn rust_scalar(schema: &Value) -> &str {
    let format = at(schema, "format").as_str().unwrap_or_default();
    match (at(schema, "type").as_str().unwrap_or_default(), format) {
        ("integer", "int" | "int32") => "i32",
        ("integer", "uint" | "uint32") => "u32",
        ("integer", "int8" | "int16" | "uint8" | "uint16" | "uint64") => format,
        ("integer", _) => "i64",
        ("number", "float") => "f32",
        ("number", _) => "f64",
        ("string", "ip" | "ipv4" | "ipv6" | "uuid") => format,
        (other, _) => other,
    }
}

/// Returns whether the Rust type of a schema is named, so that a title can change the name.
fn is_named_type(schema: &Value) -> bool {
    let named = ["properties", "enum", "oneOf", "anyOf", "allOf", "not"];
    named.iter().any(|keyword| schema.get(keyword).is_some())
}

/// Returns a schema without keywords that have no effect. An `allOf` of one schema, which OpenAPI 3.0
/// needs for a reference with annotations, is replaced by that schema.
fn unwrapped(schema: &Value) -> Value {
    let Some(map) = schema.as_object() else {
        return schema.clone();
    };
    let mut map: Map<String, Value> = map.clone();
    let annotates = |key: &str| {
        key == "allOf"
            || key == "nullable"
            || key.starts_with("x-") && !key.starts_with("x-rust-")
            || key != "default"
                && key != "title"
                && matches!(keywords::role(key), Some(Role::Prose | Role::Annotation))
    };
    while map.keys().all(|key| annotates(key))
        && let Some([Value::Object(inner)]) = map
            .get("allOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
    {
        let inner = inner.clone();
        map.remove("allOf");
        for (key, value) in inner {
            map.entry(key).or_insert(value);
        }
    }
    if let Some(Value::Array(names)) = map.get_mut("required") {
        names.sort_by_key(Value::to_string);
    }
    map.retain(|key, value| {
        let has_no_effect = matches!(key.as_str(), "nullable" | "required")
            && keywords::find(key).is_some_and(|keyword| keyword.has_no_effect(value));
        !has_no_effect
    });
    Value::Object(map)
}
