//! Checks references to schemas, renames schemas and inlines the scalars of parameters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Object, combine::unwrap_single};
use crate::{
    keywords::COMBINATIONS,
    names,
    problem::Findings,
    reference::{MAX_CHAIN, Pointer, component_name, reference_to, referenced_name},
    schema::sole_reference,
    tree::{self, Child, Kind, elements, entries, schemas, text},
};

/// Reports references without a target. Actions of the overlay can add such references.
pub(super) fn check_targets(document: &mut Value, findings: &mut Findings) {
    let schemas = schemas(document).clone();
    tree::references(document, Kind::Document, &mut |at, reference| {
        let name = component_name(text(reference));
        if name.is_none_or(|name| schemas.get(&name).is_none()) {
            let what = format!("$ref {} has no target in the document", text(reference));
            let remedy =
                "add the schema to components/schemas in openapi/overlay.yaml, or correct the name";
            findings.problem(at, what, remedy);
        }
    });
}

/// Refuses schemas that refer to themselves without an object or an array in between.
///
/// A schema that refers to itself in a property is valid. An alias of itself has no values, and
/// resolving it would not terminate.
pub(super) fn check_cycles(document: &Value, findings: &mut Findings) {
    let schemas = schemas(document);
    for (name, _) in entries(schemas) {
        if let Some(cycle) = cycle(schemas, name) {
            findings.problem(
                &Pointer::of(["components", "schemas", name]),
                format!(
                    "the schema is an alias of itself, so it has no values: the cycle of references is \
                     {cycle}"
                ),
                "correct the document, or the action of openapi/overlay.yaml that added the reference",
            );
        }
    }
}

/// Returns the cycle of references from a schema to itself, if there is one.
fn cycle(schemas: &Value, start: &str) -> Option<String> {
    // Maps each visited schema to the schema that refers to it.
    let mut from: BTreeMap<String, String> = BTreeMap::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        for next in schemas.get(&name).map(aliases).unwrap_or_default() {
            if !from.contains_key(&next) {
                from.insert(next.clone(), name.clone());
                open.push(next);
            }
        }
    }
    let mut path = vec![start];
    let mut name = from.get(start)?.as_str();
    while name != start {
        path.push(name);
        name = from.get(name)?;
    }
    path.push(start);
    path.reverse();
    Some(path.join(" → "))
}

/// Returns the schemas that a schema refers to directly or in a combination.
fn aliases(schema: &Value) -> Vec<String> {
    let members = COMBINATIONS.iter().flat_map(|key| elements(&schema[*key]));
    let inner = members.flat_map(aliases);
    referenced_name(schema).into_iter().chain(inner).collect()
}

/// Renames each schema with an `x-rust-name`, and updates the references to it.
pub(super) fn rename(document: &mut Value, findings: &mut Findings) {
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else {
        return;
    };
    let mut renamed = BTreeMap::new();
    let mut result = Object::new();
    for (mut name, mut schema) in std::mem::take(schemas) {
        let at = Pointer::of(["components", "schemas", &name]);
        let new = schema
            .as_object_mut()
            .and_then(|schema| schema.remove("x-rust-name"));
        match new {
            None => {}
            Some(Value::String(new)) if names::pascal(&new) == new => {
                renamed.insert(name, new.clone());
                name = new;
            }
            Some(other) => findings.problem(
                &at,
                format!("x-rust-name {other} is not a valid name for a Rust type"),
                "use PascalCase in openapi/overlay.yaml",
            ),
        }
        if result.contains_key(&name) {
            let what = format!("two schemas have the name {name}");
            let remedy = "give one of them another x-rust-name in openapi/overlay.yaml";
            findings.problem(&at, what, remedy);
        }
        result.insert(name, schema);
    }
    *schemas = result;
    tree::references(document, Kind::Document, &mut |_, reference| {
        let new = component_name(text(reference)).and_then(|old| renamed.get(&old));
        if let Some(new) = new {
            *reference = json!(reference_to(new));
        }
    });
}

/// Inlines the named scalar schemas to which parameters refer.
///
/// Versions of the upstream spec differ in whether they name the type of a parameter.
pub(super) fn inline_scalars(document: &mut Value) {
    let schemas = schemas(document).clone();
    tree::outside_in(document, &mut |kind, _, value| {
        if kind == Kind::Parameter
            && let Some(schema) = value.get_mut("schema")
        {
            let mut left = MAX_CHAIN;
            while inline_step(&schemas, schema) && left > 0 {
                left -= 1;
            }
        }
    });
}

/// Replaces the reference by its target if the target is a scalar or another reference. Returns whether
/// the target is another reference.
fn inline_step(schemas: &Value, schema: &mut Value) -> bool {
    let target = sole_reference(schema).and_then(|name| schemas.get(&name));
    let (Value::Object(schema), Some(Value::Object(target))) = (schema, target) else {
        return false;
    };
    let is_alias = target.keys().eq(["$ref"]);
    if is_alias || is_scalar(target) {
        schema.remove("$ref");
        schema.insert("allOf".to_owned(), json!([target]));
        unwrap_single(schema, "allOf");
    }
    is_alias
}

/// Returns whether a schema is a scalar that contains no schema and no reference.
fn is_scalar(schema: &Object) -> bool {
    let is_scalar = match schema.get("type") {
        Some(name) => *name != "object" && *name != "array",
        None => schema.contains_key("enum"),
    };
    let is_leaf = |key: &String| key != "$ref" && tree::child(Kind::Schema, key) == Child::Leaf;
    is_scalar && schema.keys().all(is_leaf)
}
