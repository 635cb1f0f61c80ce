//! What is checked of schemas: names that Rust could not tell apart, values that are of no type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::OVERLAY;
use crate::{
    names,
    problem::Problem,
    tree::{self, Kind, Pointer},
};

/// Two of anything by one name in Rust would overwrite each other, or not compile.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let names = schemas.into_iter().flatten().map(|(name, _)| name.as_str());
    for (first, second) in twins(names, names::pascal) {
        problems.push(Problem::new(
            &Pointer::of(["components", "schemas", second]),
            format!(
                "its name in Rust, {}, is also that of {first}",
                names::pascal(second)
            ),
            format!("give one of the two an x-rust-name by an action in {OVERLAY}"),
        ));
    }
    tree::read(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, at, value| {
            if kind == Kind::Schema {
                members(value, at, problems);
                kinds(value, at, problems);
                values(value, at, problems);
            }
        },
    );
}

fn members(schema: &Value, at: &Pointer, problems: &mut Vec<Problem>) {
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (first, second) in twins(properties.map(|(name, _)| name.as_str()), names::snake) {
        problems.push(Problem::new(
            &at.join("properties").join(second),
            format!(
                "its name in Rust, {}, is also that of {first}",
                names::snake(second)
            ),
            format!("remove one of the two by an action in {OVERLAY}"),
        ));
    }
}

/// Values that a schema lists although its own type rules them out.
fn kinds(schema: &Value, at: &Pointer, problems: &mut Vec<Problem>) {
    let fits = |value: &Value| match schema["type"].as_str() {
        _ if value.is_null() => true,
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    let values = schema["enum"].as_array().into_iter().flatten();
    let wrong: Vec<String> = values
        .filter(|value| !fits(value))
        .map(Value::to_string)
        .collect();
    if !wrong.is_empty() {
        let list = wrong.join("`, `");
        problems.push(Problem::new(
            &at.join("enum"),
            format!(
                "the values `{list}` are not of the type {} beside them",
                schema["type"]
            ),
            format!("correct `type` or `enum` by an action in {OVERLAY}"),
        ));
    }
}

/// The generator tries two ways to make identifiers of values, and gives up after them.
fn values(schema: &Value, at: &Pointer, problems: &mut Vec<Problem>) {
    let values: Vec<&str> = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let spelled = |value: &str| names::pascal(&value.replace(|c: char| !c.is_alphanumeric(), "X"));
    let same = twins(values.iter().copied(), spelled);
    if same.is_empty() || twins(values.iter().copied(), names::pascal).is_empty() {
        return;
    }
    let same: BTreeSet<&str> = same
        .into_iter()
        .flat_map(|(first, second)| [first, second])
        .collect();
    let list = same.into_iter().collect::<Vec<_>>().join("`, `");
    problems.push(Problem::new(
        &at.join("enum"),
        format!("the values `{list}` have no names of their own in Rust"),
        format!("remove `enum` by an action in {OVERLAY}, so that the value is text"),
    ));
}

/// Pairs of different texts that a function makes the same.
fn twins<'a>(
    texts: impl Iterator<Item = &'a str>,
    name: impl Fn(&str) -> String,
) -> Vec<(&'a str, &'a str)> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut pairs = Vec::new();
    for text in texts {
        match taken.get(&name(text)) {
            Some(first) => pairs.push((*first, text)),
            None => {
                taken.insert(name(text), text);
            }
        }
    }
    pairs
}
