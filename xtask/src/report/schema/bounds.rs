//! Bounds on numbers, text and arrays: tighter is worse for a request, looser for an answer.

use serde_json::Value;

use super::rust;
use crate::report::change::Direction;
use crate::report::change::Grade::{Major, Minor, Patch};
use crate::report::comparison::{Comparison, Place, at, shown};

/// The keywords that are settled here.
pub(super) const KEYWORDS: [&str; 13] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maximum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minimum",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// Keywords that bound from above or below, with whether a larger value is tighter.
const LIMITS: [(&str, bool); 8] = [
    ("minimum", true),
    ("maximum", false),
    ("minLength", true),
    ("maxLength", false),
    ("minItems", true),
    ("maxItems", false),
    ("minProperties", true),
    ("maxProperties", false),
];

/// Compares the bounds of two schemas.
pub(super) fn compare(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let other_type = at(old, "type") == at(new, "type") && bounds_make_other_types(old, new);
    if other_type {
        comparison.add(
            place,
            Major,
            "the bounds make another type",
            "the generator chooses the Rust type by them",
        );
    }
    for (keyword, larger_is_tighter) in LIMITS {
        let (before, after) = (limit(old, keyword), limit(new, keyword));
        if before == after {
            continue;
        }
        let tighter = match (before, after) {
            (None, _) => true,
            (_, None) => false,
            (Some(before), Some(after)) => (after > before) == larger_is_tighter,
        };
        let what = format!(
            "`{keyword}` is {} instead of {}",
            written(new, keyword),
            written(old, keyword)
        );
        add(comparison, place, tighter, what);
    }
    for keyword in ["pattern", "multipleOf"] {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        let what = format!(
            "`{keyword}` is {} instead of {}",
            shown(after),
            shown(before)
        );
        match (before, after) {
            (Value::Null, _) => add(comparison, place, true, what),
            (_, Value::Null) => add(comparison, place, false, what),
            _ => comparison.add(
                place,
                Major,
                what,
                "nobody can tell which of the two takes more",
            ),
        }
    }
    if is_true(old, "uniqueItems") != is_true(new, "uniqueItems") {
        comparison.add(
            place,
            Major,
            "`uniqueItems` changed",
            "the Rust type is a set where items are unique, and a list where not",
        );
    }
}

fn add(comparison: &mut Comparison<'_>, place: &Place, tighter: bool, what: String) {
    let (grade, reason) = match (tighter, place.direction()) {
        (true, Direction::Response) => (Patch, "an answer holds less than it might have held"),
        (true, _) => (Major, "a request that was taken may be refused"),
        (false, Direction::Request) => (Minor, "more is taken than before"),
        (false, _) => (Major, "an answer may hold what it never held"),
    };
    comparison.add(place, grade, what, reason);
}

/// A limit and whether it is excluded, such that of two lower limits the greater is the tighter.
fn limit(schema: &Value, keyword: &str) -> Option<(f64, bool)> {
    let value = at(schema, keyword).as_f64()?;
    let (exclusive, upper) = match keyword {
        "minimum" => ("exclusiveMinimum", false),
        "maximum" => ("exclusiveMaximum", true),
        _ => return Some((value, false)),
    };
    // An excluded upper limit is below the same limit included, an excluded lower one above it.
    Some((value, is_true(schema, exclusive) != upper))
}

fn written(schema: &Value, keyword: &str) -> String {
    let exclusive = match keyword {
        "minimum" => is_true(schema, "exclusiveMinimum"),
        "maximum" => is_true(schema, "exclusiveMaximum"),
        _ => false,
    };
    let value = shown(at(schema, keyword));
    if exclusive {
        format!("{value} (excluded)")
    } else {
        value
    }
}

fn bounds_make_other_types(old: &Value, new: &Value) -> bool {
    let same_format = at(old, "format") == at(new, "format");
    same_format && rust::scalar(old) != rust::scalar(new) || fixed_length(old) != fixed_length(new)
}

/// An array whose length is fixed becomes a Rust array.
fn fixed_length(schema: &Value) -> Option<u64> {
    let (min, max) = (
        at(schema, "minItems").as_u64()?,
        at(schema, "maxItems").as_u64()?,
    );
    (min == max).then_some(min)
}

fn is_true(schema: &Value, keyword: &str) -> bool {
    at(schema, keyword) == &Value::Bool(true)
}
