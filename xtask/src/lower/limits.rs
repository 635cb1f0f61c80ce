//! Rules for minimums and maximums, and for keywords that have their default value.

use serde_json::{Map, Value, json};

use crate::keywords;

type Object = Map<String, Value>;

/// Replaces `exclusiveMinimum: 3` of OpenAPI 3.1 by `minimum: 3` with `exclusiveMinimum: true`.
pub(super) fn exclusive_minimum(schema: &mut Object) {
    exclusive(schema, "minimum", "exclusiveMinimum", |inclusive, bound| {
        inclusive > bound
    });
}

/// Replaces `exclusiveMaximum: 3` of OpenAPI 3.1 by `maximum: 3` with `exclusiveMaximum: true`.
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
        // Without a limit, the flag has no effect.
        Some(Value::Bool(true)) if inclusive.is_none() => drop(schema.remove(exclusive)),
        _ => {}
    }
}

/// Removes keywords that mean the same as their absence, such as `nullable: false`.
pub(super) fn idle(schema: &mut Object) {
    schema.retain(|key, value| {
        keywords::find(key).is_none_or(|keyword| !keyword.has_no_effect(value))
    });
}
