//! Bounds on numbers, text and arrays: tighter is worse for a request, looser for an answer.

use serde_json::Value;

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
    let (before, after) = (at(old, "pattern"), at(new, "pattern"));
    if before != after {
        pattern(comparison, place, before, after);
    }
    let (before, after) = (at(old, "multipleOf"), at(new, "multipleOf"));
    if before != after {
        let what = format!(
            "`multipleOf` is {} instead of {}",
            shown(after),
            shown(before)
        );
        if before.is_null() || after.is_null() {
            add(comparison, place, before.is_null(), what);
        } else {
            comparison.add(
                place,
                Major,
                what,
                "some values are refused that were taken",
            );
        }
    }
    let (before, after) = (is_true(old, "uniqueItems"), is_true(new, "uniqueItems"));
    if before != after {
        let what = if after {
            "items must differ"
        } else {
            "items may repeat"
        };
        add(comparison, place, after, what.to_owned());
    } else if at(old, "uniqueItems") != at(new, "uniqueItems") {
        comparison.documentation(place, "uniqueItems");
    }
}

/// Which of two patterns takes more is not to be told; one more than none takes less. The client does
/// not check them, so that another one in an answer goes unnoticed.
fn pattern(comparison: &mut Comparison<'_>, place: &Place, before: &Value, after: &Value) {
    let what = format!("`pattern` is {} instead of {}", shown(after), shown(before));
    let (request, reason) = if after.is_null() {
        (Minor, "more is taken than before")
    } else {
        (
            Major,
            "a request that was taken may be refused; the client does not check an answer",
        )
    };
    comparison.add(place, place.direction().grade(request, Patch), what, reason);
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

fn is_true(schema: &Value, keyword: &str) -> bool {
    at(schema, keyword) == &Value::Bool(true)
}
