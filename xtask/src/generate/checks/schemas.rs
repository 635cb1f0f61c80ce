//! What is checked of schemas: names that Rust could not tell apart.

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

/// The generator tries two ways to make identifiers of values, and gives up after them.
fn values(schema: &Value, at: &Pointer, problems: &mut Vec<Problem>) {
    let values: Vec<&str> = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let plain = |value: &str| names::pascal(&value.replace('\'', ""));
    let spelled = |value: &str| names::pascal(&value.replace(|c: char| !c.is_alphanumeric(), "X"));
    let same = twins(values.iter().copied(), spelled);
    if same.is_empty() || twins(values.iter().copied(), plain).is_empty() {
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
