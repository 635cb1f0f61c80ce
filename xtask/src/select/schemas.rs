//! The schemas that a document's operations reach.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::inline::resolve;
use crate::{
    problem::Problem,
    tree::{self, Kind, Pointer},
};

const PREFIX: &str = "#/components/schemas/";

/// Copies from `upstream` every schema that `selected` refers to, directly or through another.
pub(super) fn copy_reachable(upstream: &Value, selected: &mut Value, problems: &mut Vec<Problem>) {
    let mut found = Map::new();
    let mut open = references(selected, Kind::Document, Pointer::root());
    while let Some((at, reference)) = open.pop() {
        let name = reference.as_str().and_then(component_name);
        if name.as_ref().is_some_and(|name| found.contains_key(name)) {
            continue;
        }
        match (resolve(upstream, &reference), name) {
            (Ok(schema), Some(name)) => {
                let at = Pointer::of(["components", "schemas", &name]);
                open.extend(references(schema, Kind::Schema, at));
                found.insert(name, schema.clone());
            }
            (Ok(_), None) => problems.push(Problem::new(
                &at,
                format!("$ref {reference} leads to no named schema"),
                "move its target to components/schemas",
            )),
            (Err(reason), _) => problems.push(Problem::new(&at, reason, "repair the document")),
        }
    }
    if !found.is_empty() {
        selected["components"]["schemas"] = Value::Object(found);
    }
}

/// Removes the schemas that no operation reaches, and returns their names.
pub(crate) fn keep_reachable(document: &mut Value) -> Vec<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = document
        .get("paths")
        .map(|_| {
            let mut without = document.clone();
            if let Some(components) = without.get_mut("components").and_then(Value::as_object_mut) {
                components.remove("schemas");
            }
            names_in(&without, Kind::Document)
        })
        .unwrap_or_default();
    while let Some(name) = open.pop() {
        let schema = document
            .pointer("/components/schemas")
            .and_then(|all| all.get(&name));
        if let Some(schema) = schema
            && reached.insert(name)
        {
            open.extend(names_in(schema, Kind::Schema));
        }
    }
    let mut removed = Vec::new();
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.retain(|name, _| {
            let keep = reached.contains(name);
            if !keep {
                removed.push(name.clone());
            }
            keep
        });
    }
    removed.sort();
    removed
}

/// The schema's name, if the reference is to one of `components/schemas`.
pub(crate) fn component_name(reference: &str) -> Option<String> {
    let name = reference.strip_prefix(PREFIX)?;
    (!name.contains('/')).then(|| name.replace("~1", "/").replace("~0", "~"))
}

fn names_in(value: &Value, kind: Kind) -> Vec<String> {
    let references = references(value, kind, Pointer::root());
    references
        .iter()
        .filter_map(|(_, reference)| component_name(reference.as_str()?))
        .collect()
}

/// Every `$ref` of a schema position under `value`, with its place.
fn references(value: &Value, kind: Kind, at: Pointer) -> Vec<(Pointer, Value)> {
    let mut found = Vec::new();
    tree::read(value, kind, &mut at.clone(), &mut |kind, at, value| {
        if kind == Kind::Schema
            && let Some(reference) = value.get("$ref")
        {
            found.push((at.clone(), reference.clone()));
        }
    });
    found
}
