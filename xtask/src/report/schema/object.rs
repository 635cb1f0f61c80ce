//! Properties with their requiredness: one field of a struct each.

use serde_json::Value;

use crate::report::change::Grade::{Major, Minor, Patch};
use crate::report::comparison::{Comparison, Place, at, keys};

/// Compares the properties of two schemas.
pub(super) fn compare(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let (before, after) = (at(old, "properties"), at(new, "properties"));
    for name in keys(before, after) {
        let place = place.property(name);
        let (was_required, is_required) = (requires(old, name), requires(new, name));
        let word = if is_required { "required" } else { "optional" };
        match (before.get(name), after.get(name)) {
            (None, _) if is_required => {
                let grade = place.direction().grade(Major, Minor);
                comparison.add(
                    &place,
                    grade,
                    "a required property is new",
                    "a request without it is refused; in an answer it is one field more",
                );
            }
            (None, _) => {
                comparison.add(
                    &place,
                    Minor,
                    "an optional property is new",
                    "one field more, in a struct that is open to more",
                );
            }
            (Some(_), None) => {
                comparison.add(
                    &place,
                    Major,
                    "the property is gone",
                    "one field less: code that names it does not compile",
                );
            }
            (Some(old), Some(new)) => {
                if was_required != is_required {
                    let grade = if optional_either_way(old, new) {
                        // The field is an `Option` before and after.
                        place.direction().grade(
                            if is_required { Major } else { Minor },
                            if is_required { Patch } else { Major },
                        )
                    } else {
                        Major
                    };
                    comparison.add(&place, grade, format!("the property became {word}"), "the Rust field is `Option` where a value may be absent, and a bare type where not");
                }
                if was_required || is_required {
                    super::compare(comparison, &place, old, new);
                } else {
                    optional(comparison, &place, old, new);
                }
            }
        }
    }
    for name in required_without_property(old, new) {
        let what = format!("`required` names `{name}`, which is no property, on one side only");
        comparison.unclassified(place, what);
    }
}

/// An optional property is an `Option` whether it may be null or not, so that only the wire counts.
fn optional(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let (mut old, mut new) = (super::unwrapped(old), super::unwrapped(new));
    let may_be_null = |schema: &mut Value| match schema.as_object_mut() {
        Some(map) if map.get("nullable") == Some(&Value::Bool(true)) => {
            map.remove("nullable").is_some()
        }
        _ => false,
    };
    match (may_be_null(&mut old), may_be_null(&mut new)) {
        (false, true) => {
            let grade = place.direction().grade(Minor, Major);
            comparison.add(
                place,
                grade,
                "may be null",
                "old clients refuse a null in an answer",
            );
        }
        (true, false) => {
            let grade = place.direction().grade(Major, Patch);
            comparison.add(
                place,
                grade,
                "may no longer be null",
                "a null in a request is refused",
            );
        }
        _ => {}
    }
    super::compare(comparison, place, &old, &new);
}

fn requires(schema: &Value, name: &str) -> bool {
    at(schema, "required")
        .as_array()
        .is_some_and(|names| names.iter().any(|item| item == name))
}

fn optional_either_way(old: &Value, new: &Value) -> bool {
    [old, new]
        .iter()
        .all(|schema| at(schema, "nullable") == &Value::Bool(true))
}

fn required_without_property(old: &Value, new: &Value) -> Vec<String> {
    let stray = |schema: &Value| -> Vec<String> {
        let names = at(schema, "required")
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        names
            .filter(|name| at(schema, "properties").get(*name).is_none())
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (stray(old), stray(new));
    let differs = |name: &&String| old.contains(name) != new.contains(name);
    let mut names: Vec<String> = old.iter().chain(&new).filter(differs).cloned().collect();
    names.sort();
    names.dedup();
    names
}
