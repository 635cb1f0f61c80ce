//! Writing out the schemas of parameters that have a name and nothing inside.

use serde_json::{Map, Value, json};

use super::{
    inline::resolve,
    prose,
    schemas::{is_plain, merge},
};
use crate::tree::{self, Kind, Pointer};

/// How many names in a row may lead to one schema.
const MAX_CHAIN: usize = 32;

/// Replaces a parameter's reference to a plain schema, one of a single value, by that schema.
///
/// Whether a document names the type of `limit` or writes it where it stands means the same, and
/// different documents of one API do either.
pub(super) fn write_out(upstream: &Value, operation: &mut Value, at: &Pointer) {
    tree::outside_in(
        operation,
        Kind::Operation,
        &mut at.clone(),
        &mut |kind, _, value| {
            if kind != Kind::Parameter {
                return;
            }
            if let Some(Value::Object(schema)) = value.get_mut("schema") {
                plain(upstream, schema);
            }
        },
    );
}

fn plain(upstream: &Value, schema: &mut Map<String, Value>) {
    for _ in 0..MAX_CHAIN {
        // What stands beside a reference may stand around it as well.
        let alone = |all: &Vec<Value>| (all.len() == 1).then(|| all[0].clone());
        let around = match schema.get("allOf") {
            Some(Value::Array(all)) if !schema.contains_key("$ref") => alone(all),
            _ => None,
        };
        let reference = around.unwrap_or_else(|| json!({"$ref": schema.get("$ref")}));
        let Ok(Value::Object(target)) = resolve(upstream, &reference["$ref"]) else {
            return;
        };
        let is_name = target.contains_key("$ref");
        if reference
            .as_object()
            .is_none_or(|members| members.len() > 1)
            || !(is_name || is_plain(target))
        {
            return;
        }
        schema.remove("allOf");
        schema.remove("$ref");
        let mut target = target.clone();
        target.retain(|key, _| !prose::PROSE.contains(&key.as_str()));
        merge(schema, &target);
        if !is_name {
            return;
        }
    }
}
