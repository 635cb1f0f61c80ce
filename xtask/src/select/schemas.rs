//! The schemas that a document's operations reach.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    hoist,
    references::{Sources, Target},
};
use crate::{
    problem::Problem,
    tree::{self, Child, Kind, Pointer},
};

const PREFIX: &str = "#/components/schemas/";

/// Copies from `upstream` every schema that `selected` refers to, directly or through another.
///
/// References into the middle of a schema lead to named schemas afterwards, as 3.0 and the generator
/// want it: what is inside a schema and referred to becomes a schema of its own.
pub(super) fn copy_reachable(upstream: &Value, selected: &mut Value, problems: &mut Vec<Problem>) {
    let before = selected.clone();
    let mut copy = Copy {
        sources: Sources {
            upstream,
            selected: &before,
        },
        schemas: Map::new(),
        inner: BTreeMap::new(),
        open: Vec::new(),
        problems,
    };
    copy.rewrite(selected, Kind::Document, Pointer::root());
    while let Some((name, at)) = copy.open.pop() {
        let mut schema = copy.schemas.get_mut(&name).map(Value::take);
        if let Some(schema) = &mut schema {
            copy.rewrite(schema, Kind::Schema, at);
        }
        copy.schemas.insert(name, schema.unwrap_or_default());
    }
    let Copy { schemas, inner, .. } = copy;
    if !schemas.is_empty() {
        selected["components"]["schemas"] = Value::Object(schemas);
    }
    hoist::name(upstream, selected, &inner);
}

struct Copy<'a> {
    sources: Sources<'a>,
    /// What was copied: named schemas, and inner ones under the name that [`hoist`] will replace.
    schemas: Map<String, Value>,
    /// The places of the inner ones, with that name.
    inner: BTreeMap<Vec<String>, String>,
    /// What is copied and not yet read, with its place.
    open: Vec<(String, Pointer)>,
    problems: &'a mut Vec<Problem>,
}

impl Copy<'_> {
    /// Makes every reference under `value` one to a named schema, and copies that.
    fn rewrite(&mut self, value: &mut Value, kind: Kind, mut at: Pointer) {
        tree::outside_in(value, kind, &mut at, &mut |kind, at, value| {
            let Value::Object(schema) = value else { return };
            if kind != Kind::Schema {
                return;
            }
            let dynamic = schema.get("$dynamicRef").filter(|name| is_anchor(name));
            if let Some(target) = dynamic.and_then(|name| self.sources.resolve(at, name).ok()) {
                schema.remove("$dynamicRef");
                self.refer(schema, target);
            }
            if let Some(reference) = schema.get("$ref") {
                match self.sources.resolve(at, reference) {
                    Ok(target) => self.refer(schema, target),
                    Err(reason) => {
                        self.problems
                            .push(Problem::new(at, reason, "repair the document"));
                    }
                }
            }
        });
    }

    fn refer(&mut self, schema: &mut Map<String, Value>, target: Target<'_>) {
        let Target {
            place,
            schema: found,
        } = target;
        let name = match place.as_slice() {
            [components, schemas, name] if components == "components" && schemas == "schemas" => {
                name.clone()
            }
            _ if let Value::Object(found) = found
                && is_plain(found) =>
            {
                schema.remove("$ref");
                return merge(schema, found);
            }
            _ => hoist::provisional_name(&place),
        };
        schema.insert("$ref".to_owned(), json!(reference_to(&name)));
        if !self.schemas.contains_key(&name) {
            if place.len() != 3 || name != place[2] {
                self.inner.insert(place.clone(), name.clone());
            }
            self.schemas.insert(name.clone(), found.clone());
            let at = Pointer::of(place.iter().map(String::as_str));
            self.open.push((name, at));
        }
    }
}

/// `#name`, which is neither the document nor a place in it.
fn is_anchor(reference: &Value) -> bool {
    reference
        .as_str()
        .and_then(|text| text.strip_prefix('#'))
        .is_some_and(|name| !name.is_empty() && !name.starts_with('/'))
}

/// Whether a schema is one of a single value that contains no other schema and refers to none.
pub(crate) fn is_plain(schema: &Map<String, Value>) -> bool {
    let collection = |name: &Value| *name == "object" || *name == "array";
    let is_collection = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(collection),
        Some(name) => collection(name),
        None => !schema.contains_key("enum") && !schema.contains_key("const"),
    };
    !is_collection
        && schema.keys().all(|key| {
            let refers = matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef");
            !refers && tree::child(Kind::Schema, key) == Child::Leaf
        })
}

/// Adds what `other` says to `schema`.
pub(crate) fn merge(schema: &mut Map<String, Value>, other: &Map<String, Value>) {
    let clash = other
        .iter()
        .any(|(key, value)| schema.get(key).is_some_and(|own| own != value));
    if clash {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(Value::Object(other.clone()));
        }
    } else {
        schema.extend(other.clone());
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

/// The reference to a schema of this name.
pub(crate) fn reference_to(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('~', "~0").replace('/', "~1"))
}

fn names_in(value: &Value, kind: Kind) -> Vec<String> {
    let mut found = Vec::new();
    tree::read(value, kind, &mut Pointer::root(), &mut |kind, _, value| {
        if kind == Kind::Schema
            && let Some(Value::String(reference)) = value.get("$ref")
        {
            found.extend(component_name(reference));
        }
    });
    found
}
