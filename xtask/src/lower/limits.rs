//! The rules for limits and flags: in the form of 3.0, and only where they say something.

use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Keywords that say nothing with this value.
const IDLE: [(&str, Value); 9] = [
    ("nullable", Value::Bool(false)),
    ("deprecated", Value::Bool(false)),
    ("writeOnly", Value::Bool(false)),
    ("uniqueItems", Value::Bool(false)),
    ("exclusiveMinimum", Value::Bool(false)),
    ("exclusiveMaximum", Value::Bool(false)),
    ("additionalProperties", Value::Bool(true)),
    ("required", Value::Array(Vec::new())),
    ("default", Value::Null),
];

/// 3.1 says `exclusiveMinimum: 3`, 3.0 `minimum: 3, exclusiveMinimum: true`.
pub(super) fn exclusive_minimum(schema: &mut Object) {
    exclusive(schema, "minimum", "exclusiveMinimum", |inclusive, bound| {
        inclusive > bound
    });
}

/// 3.1 says `exclusiveMaximum: 3`, 3.0 `maximum: 3, exclusiveMaximum: true`.
pub(super) fn exclusive_maximum(schema: &mut Object) {
    exclusive(schema, "maximum", "exclusiveMaximum", |inclusive, bound| {
        inclusive < bound
    });
}

fn exclusive(schema: &mut Object, limit: &str, exclusive: &str, tighter: fn(f64, f64) -> bool) {
    let inclusive = schema.get(limit).and_then(Value::as_f64);
    match schema.get(exclusive).cloned() {
        Some(Value::Number(bound)) => {
            let inclusive_wins = inclusive
                .zip(bound.as_f64())
                .is_some_and(|(inclusive, bound)| tighter(inclusive, bound));
            if inclusive_wins {
                schema.remove(exclusive);
            } else {
                schema.insert(limit.to_owned(), Value::Number(bound));
                schema.insert(exclusive.to_owned(), json!(true));
            }
        }
        // The limit that it speaks of is not there.
        Some(Value::Bool(true)) if inclusive.is_none() => drop(schema.remove(exclusive)),
        _ => {}
    }
}

/// What is so anyway needs no mention: `nullable: false`, `minLength: 0`, `additionalProperties: true`.
pub(super) fn idle(schema: &mut Object) {
    for (key, value) in &IDLE {
        if schema.get(*key) == Some(value) {
            schema.remove(*key);
        }
    }
    for key in ["minLength", "minItems", "minProperties"] {
        if schema.get(key).and_then(Value::as_u64) == Some(0) {
            schema.remove(key);
        }
    }
    if schema.get("additionalProperties") == Some(&json!({})) {
        schema.remove("additionalProperties");
    }
}
