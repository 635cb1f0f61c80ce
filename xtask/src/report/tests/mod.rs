//! Tests with changes of one small document.

mod base;
mod text;
mod verdicts;
mod wire;

use std::sync::LazyLock;

use serde_json::Value;

use super::{Report, SurfaceDiff};

fn before() -> Value {
    static BEFORE: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("before.json")).unwrap());
    BEFORE.clone()
}

fn edited(edit: impl Fn(&mut Value)) -> Value {
    let mut document = before();
    edit(&mut document);
    document
}

fn report(old: &Value, new: &Value) -> Report {
    Report::new(old, new, SurfaceDiff::default())
}

/// Returns the schema of a property.
fn property<'v>(document: &'v mut Value, schema: &str, name: &str) -> &'v mut Value {
    &mut document["components"]["schemas"][schema]["properties"][name]
}

fn get(document: &mut Value) -> &mut Value {
    &mut document["paths"]["/lists/{list}/items"]["get"]
}

fn post(document: &mut Value) -> &mut Value {
    &mut document["paths"]["/lists/{list}/items"]["post"]
}

/// Returns the parameter of this name.
fn parameter<'v>(operation: &'v mut Value, name: &str) -> &'v mut Value {
    let list = operation["parameters"].as_array_mut().unwrap();
    list.iter_mut()
        .find(|parameter| parameter["name"] == name)
        .unwrap()
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key).unwrap();
}

fn require(document: &mut Value, schema: &str, name: &str) {
    document["components"]["schemas"][schema]["required"]
        .as_array_mut()
        .unwrap()
        .push(name.into());
}
