//! Compares two schemas by their use in requests and responses, and by their Rust types.

use serde_json::{Value, json};

use super::{
    comparison::{Comparison, Pair, Place, default_rule},
    rules::{self, Rule},
};
use crate::{
    keywords::{self, Role, is_annotation},
    reference::component_name,
    tree::{elements, text},
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
        Some(match key {
            // Compared above.
            "$ref" | "properties" | "required" => return None,
            _ if keywords::role(key) == Some(Role::Limit) => limit_rule(key, pair),
            "type" => &rules::TYPE_REPLACED,
            "not" => &rules::TYPE_NEGATION,
            "nullable" if *pair.new == true => &rules::NULL_ALLOWED,
            "nullable" => &rules::NULL_FORBIDDEN,
            // A changed format is not reported if the type changed too.
            "format" if !schemas.at("type").is_equal() => return None,
            "format" => format_rule(schemas),
            "default" if place.in_property => &rules::PROPERTY_DEFAULT,
            "default" => &rules::DEFAULT,
            "title" if is_named_type(old) || is_named_type(new) => &rules::TYPE_TITLE,
            "enum" => match pair.map(Value::is_array) {
                (true, true) => {
                    values(comparison, place, pair);
                    return None;
                }
                (false, _) => &rules::ENUM_ADDED,
                (true, false) => &rules::ENUM_REMOVED,
            },
            "items" | "additionalProperties" if pair.are_objects() => {
                let step = if key == "items" { "[]" } else { ".*" };
                compare(comparison, &place.inside(step), pair);
                return None;
            }
            "additionalProperties" => match (pair.old, pair.new) {
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
                    return None;
                }
                _ => &rules::COMBINATION,
            },
            _ => default_rule(key),
        })
    });
}

/// Compares references and returns whether they differ. Targets are compared as named schemas.
fn references_differ(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) -> bool {
    let rule = match pair.map(Value::is_string) {
        (true, true) if !comparison.is_same_type(pair) => &rules::TYPE_REPLACED,
        (true, false) => &rules::TYPE_INLINED,
        (false, true) => &rules::TYPE_NAMED,
        _ => return false,
    };
    let (old, new) = &pair.map(|reference| json!(component_name(text(reference))));
    comparison.replaced(place, rule, "", Pair::of(old, new));
    true
}

fn properties(comparison: &mut Comparison<'_>, place: &Place, schemas: Pair<'_>) {
    let properties = schemas.at("properties");
    for name in properties.keys() {
        let (place, pair) = (place.property(name), properties.at(name));
        let required = schemas.map(|schema| elements(&schema["required"]).any(|item| item == name));
        if pair.old.is_null() || pair.new.is_null() {
            let rule = match required {
                _ if pair.new.is_null() => &rules::PROPERTY_REMOVED,
                (_, true) => &rules::PROPERTY_REQUIRED_ADDED,
                (_, false) => &rules::PROPERTY_ADDED,
            };
            comparison.add(&place, rule);
            continue;
        }
        let is_nullable = pair.flags("nullable") == (true, true);
        match required {
            (false, true) if is_nullable => comparison.add(&place, &rules::NULLABLE_REQUIRED),
            (false, true) => comparison.add(&place, &rules::PROPERTY_REQUIRED),
            (true, false) if is_nullable => comparison.add(&place, &rules::NULLABLE_OPTIONAL),
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
        let names = elements(&schema["required"]);
        let undeclared = names.filter(|name| schema["properties"].get(text(name)).is_none());
        undeclared.cloned().collect::<Value>()
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
        if let Value::Object(schema) = schema {
            schema.retain(|key, value| key != "nullable" || *value != true);
        }
    }
    compare(comparison, place, Pair::of(&old, &new));
}

/// Returns the rule for a changed limit on numbers, strings or arrays.
fn limit_rule(key: &str, pair: Pair<'_>) -> &'static Rule {
    // An absent lower limit counts as minus infinity, and an absent upper limit as infinity.
    let bound = |absent: f64| pair.map(|value| value.as_f64().unwrap_or(absent));
    let is_tighter = match (key, pair.map(Value::is_null)) {
        ("pattern", (_, true)) => return &rules::PATTERN_REMOVED,
        ("pattern", _) => return &rules::PATTERN_CHANGED,
        ("multipleOf", (false, false)) => return &rules::OTHER_LIMIT,
        ("multipleOf", (added, _)) => added,
        ("uniqueItems" | "exclusiveMinimum" | "exclusiveMaximum", _) => *pair.new == true,
        _ if key.starts_with("min") => {
            let (old, new) = bound(f64::NEG_INFINITY);
            new > old
        }
        _ => {
            let (old, new) = bound(f64::INFINITY);
            new < old
        }
    };
    match is_tighter {
        true => &rules::TIGHTER_LIMIT,
        false => &rules::LOOSER_LIMIT,
    }
}

fn format_rule(schemas: Pair<'_>) -> &'static Rule {
    let (old, new) = schemas.map(rust_scalar);
    match schemas.at("format").map(Value::is_null) {
        _ if old != new => &rules::FORMAT_TYPE,
        (true, _) => &rules::FORMAT_ADDED,
        (_, true) => &rules::FORMAT_REMOVED,
        _ => &rules::FORMAT_CHANGED,
    }
}

/// Compares the values of an enum.
fn values(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    let (old, new) = pair.map(|values| elements(values).collect::<Vec<_>>());
    let rules = (&rules::VALUE_REMOVED, &rules::VALUE_ADDED);
    comparison.items(place, (&old, &new), rules);
    if old.len() == new.len() && old.iter().all(|value| new.contains(value)) {
        comparison.add(place, &rules::VALUE_ORDER);
    }
}

/// Returns a key for the Rust type of a scalar. Equal keys mean equal types.
fn rust_scalar(schema: &Value) -> &str {
    match (text(&schema["type"]), text(&schema["format"])) {
        ("integer", format @ ("int32" | "uint64"))
        | ("number", format @ "float")
        | ("string", format @ ("ip" | "ipv4" | "ipv6" | "uuid")) => format,
        (kind, _) => kind,
    }
}

/// Returns whether the Rust type of a schema has a name that a title can change.
fn is_named_type(schema: &Value) -> bool {
    let named = ["properties", "enum", "oneOf", "anyOf", "allOf", "not"];
    named.iter().any(|keyword| schema.get(keyword).is_some())
}

/// Returns a schema without keywords that have no effect. An `allOf` of one schema, which OpenAPI 3.0
/// needs for a reference with annotations, is replaced by that schema.
fn unwrapped(schema: &Value) -> Value {
    let Value::Object(map) = schema else {
        return schema.clone();
    };
    let mut map = map.clone();
    let annotates = |key: &String| {
        let is_extension = key.starts_with("x-") && !key.starts_with("x-rust-");
        let has_rule = matches!(key.as_str(), "default" | "title");
        matches!(key.as_str(), "allOf" | "nullable")
            || is_extension
            || is_annotation(key) && !has_rule
    };
    while map.keys().all(annotates)
        && let Some(Value::Array(all)) = map.get("allOf")
        && let [Value::Object(inner)] = all.as_slice()
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
        !matches!(key.as_str(), "nullable" | "required")
            || keywords::find(key).is_none_or(|keyword| !keyword.has_no_effect(value))
    });
    Value::Object(map)
}
