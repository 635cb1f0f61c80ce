//! Rules for schemas: each by the way the value travels, and by the Rust type made of it.

mod bounds;
mod object;
mod rust;

use serde_json::{Map, Value};

use super::change::Grade::{Major, Minor, Patch};
use super::comparison::{Comparison, Place, at, keys, schema_name, shown};

/// Keywords that only people read, or that generated code does not look at.
const ANNOTATIONS: [&str; 8] = [
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "readOnly",
    "writeOnly",
    "xml",
];

/// Compares two schemas at one place.
pub(super) fn compare(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let (old, new) = (&unwrapped(old), &unwrapped(new));
    if old == new || references(comparison, place, old, new) == Reference::Settled {
        return;
    }
    bounds::compare(comparison, place, old, new);
    object::compare(comparison, place, old, new);
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before != after {
            keyword_changed(comparison, place, keyword, (old, before), (new, after));
        }
    }
}

fn keyword_changed(
    comparison: &mut Comparison<'_>,
    place: &Place,
    keyword: &str,
    (old, before): (&Value, &Value),
    (new, after): (&Value, &Value),
) {
    match keyword {
        // Settled before, together with what they go with.
        "$ref" | "properties" | "required" => {}
        _ if bounds::KEYWORDS.contains(&keyword) => {}
        "type" => comparison.add(
            place,
            Major,
            format!("the type is {} instead of {}", shown(after), shown(before)),
            "another Rust type, and another form on the wire",
        ),
        "format" => format(comparison, place, old, new),
        "nullable" => nullable(comparison, place, after),
        "enum" => enumeration(comparison, place, before, after),
        "default" => default(comparison, place, before, after),
        "additionalProperties" => additional(comparison, place, before, after),
        "items" if before.is_object() && after.is_object() => {
            compare(comparison, &place.inside("[]"), before, after);
        }
        "allOf" | "anyOf" | "oneOf" => combined(comparison, place, keyword, before, after),
        "not" => comparison.add(
            place,
            Major,
            format!("`not` is {} instead of {}", shown(after), shown(before)),
            "what the Rust type refuses changed",
        ),
        "title" => title(comparison, place, old, new),
        _ if ANNOTATIONS.contains(&keyword) => comparison.documentation(place, keyword),
        _ if keyword.starts_with("x-rust-") => comparison.add(
            place,
            Major,
            format!(
                "`{keyword}` is {} instead of {}",
                shown(after),
                shown(before)
            ),
            "it decides on the Rust type or its name",
        ),
        _ if keyword.starts_with("x-") => comparison.documentation(place, keyword),
        _ => {
            let what = format!(
                "`{keyword}` is {} instead of {}",
                shown(after),
                shown(before)
            );
            comparison.unclassified(place, what);
        }
    }
}

#[derive(PartialEq)]
enum Reference {
    /// Nothing is left to compare here.
    Settled,
    /// What stands beside the reference, or instead of it, is.
    Open,
}

/// A reference names a Rust type: its target is compared once, where it is defined.
fn references(
    comparison: &mut Comparison<'_>,
    place: &Place,
    old: &Value,
    new: &Value,
) -> Reference {
    let of = |schema: &Value| at(schema, "$ref").as_str().map(str::to_owned);
    let (what, reason) = match (of(old), of(new)) {
        (None, None) => return Reference::Open,
        (Some(old), Some(new)) if comparison.same_reference(&old, &new) => return Reference::Open,
        (Some(old), Some(new)) => {
            let (old, new) = (schema_name(&old), schema_name(&new));
            (
                format!("the type is `{new}` instead of `{old}`"),
                "another Rust type",
            )
        }
        (Some(old), None) => (
            format!("the type `{}` is written out in place", schema_name(&old)),
            "the Rust type loses its name or becomes another",
        ),
        (None, Some(new)) => (
            format!("the type is now `{}`", schema_name(&new)),
            "the Rust type was written out in place and had no name or another",
        ),
    };
    comparison.add(place, Major, what, reason);
    Reference::Settled
}

/// A format narrows what a value may be; the generator knows some and makes other types of them.
fn format(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    if at(old, "type") != at(new, "type") {
        return;
    }
    let (before, after) = (at(old, "format"), at(new, "format"));
    let what = format!(
        "the format is {} instead of {}",
        shown(after),
        shown(before)
    );
    if rust::scalar(old) != rust::scalar(new) {
        comparison.add(place, Major, what, "another Rust type");
        return;
    }
    let grade = if before.is_null() {
        place.direction().grade(Major, Patch)
    } else if after.is_null() {
        place.direction().grade(Minor, Major)
    } else {
        Major
    };
    comparison.add(place, grade, what, "the Rust type stays; a request may now be refused, an answer may now hold more, where it says major");
}

fn nullable(comparison: &mut Comparison<'_>, place: &Place, after: &Value) {
    if after == &Value::Bool(true) {
        comparison.add(
            place,
            Major,
            "may be null",
            "the Rust type becomes an `Option`, and old clients refuse a null in an answer",
        );
    } else {
        comparison.add(
            place,
            Major,
            "may no longer be null",
            "the Rust type ceases to be an `Option`, and a null in a request is refused",
        );
    }
}

fn enumeration(comparison: &mut Comparison<'_>, place: &Place, before: &Value, after: &Value) {
    let (Some(before), Some(after)) = (before.as_array(), after.as_array()) else {
        let what = if before.is_null() {
            "became an enum"
        } else {
            "is no longer an enum"
        };
        comparison.add(place, Major, what, "another Rust type");
        return;
    };
    for value in before.iter().filter(|value| !after.contains(value)) {
        comparison.add(
            place,
            Major,
            format!("the value {} is gone", shown(value)),
            "one variant less: code that names it does not compile",
        );
    }
    for value in after.iter().filter(|value| !before.contains(value)) {
        comparison.add(place, Major, format!("the value {} is new", shown(value)), "one variant more: a `match` without a wildcard does not compile, and old clients refuse it in an answer");
    }
    if before.len() == after.len() && before.iter().all(|value| after.contains(value)) {
        comparison.add(
            place,
            Major,
            "the values are in another order",
            "the variants of the Rust enum are ordered as they are declared",
        );
    }
}

/// The server applies defaults: the client leaves out what it is not given, and so does an answer.
fn default(comparison: &mut Comparison<'_>, place: &Place, before: &Value, after: &Value) {
    let what = format!(
        "the default is {} instead of {}",
        shown(after),
        shown(before)
    );
    let request = if place.in_property { Minor } else { Major };
    let reason = "what a request means that leaves it out; an answer is read as before";
    comparison.add(place, place.direction().grade(request, Patch), what, reason);
}

fn additional(comparison: &mut Comparison<'_>, place: &Place, before: &Value, after: &Value) {
    match (before, after) {
        (Value::Object(_), Value::Object(_)) => {
            compare(comparison, &place.inside(".*"), before, after);
        }
        // No keyword and `true` allow the same; the generator makes the same struct of both.
        (Value::Null | Value::Bool(true), Value::Bool(false)) => comparison.add(
            place,
            Major,
            "takes no further properties",
            "a request with one is refused, and the client refuses an answer with one",
        ),
        (Value::Bool(false), Value::Null | Value::Bool(true)) => comparison.add(
            place,
            place.direction().grade(Minor, Major),
            "takes further properties",
            "old clients refuse an answer with one",
        ),
        (Value::Null, Value::Bool(true)) | (Value::Bool(true), Value::Null) => {
            comparison.add(
                place,
                Major,
                "further properties are said or not said to be allowed",
                "the Rust type holds them in a map where it is said",
            );
        }
        _ => {
            let what = format!(
                "further properties are {} instead of {}",
                shown(after),
                shown(before)
            );
            comparison.add(
                place,
                Major,
                what,
                "the Rust type holds them in a map of that type",
            );
        }
    }
}

fn combined(
    comparison: &mut Comparison<'_>,
    place: &Place,
    keyword: &str,
    before: &Value,
    after: &Value,
) {
    match (before.as_array(), after.as_array()) {
        (Some(before), Some(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(
                    comparison,
                    &place.inside(format!(" {keyword} {}", index + 1)),
                    before,
                    after,
                );
            }
        }
        _ => comparison.add(
            place,
            Major,
            format!("the members of `{keyword}` changed"),
            "they make the Rust type",
        ),
    }
}

/// Where the generator has no name for a type, it takes the title.
fn title(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    if rust::takes_name_from_title(old) || rust::takes_name_from_title(new) {
        let (before, after) = (at(old, "title"), at(new, "title"));
        let what = format!("the title is {} instead of {}", shown(after), shown(before));
        comparison.add(place, Major, what, "the Rust type may be named after it");
    } else {
        comparison.documentation(place, "title");
    }
}

/// A schema without what says nothing: `nullable: false`, an empty `required`, and an `allOf` around
/// a single schema, which is how 3.0 writes a reference with siblings.
fn unwrapped(schema: &Value) -> Value {
    let Some(map) = schema.as_object() else {
        return schema.clone();
    };
    let mut map: Map<String, Value> = map.clone();
    let quiet = |keyword: &str| {
        keyword == "nullable"
            || keyword.starts_with("x-") && !keyword.starts_with("x-rust-")
            || ANNOTATIONS.contains(&keyword)
    };
    while let Some([inner]) = map
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        && let Some(inner) = inner.as_object().cloned()
        && map
            .keys()
            .all(|keyword| keyword == "allOf" || quiet(keyword))
    {
        map.remove("allOf");
        for (keyword, value) in inner {
            map.entry(keyword).or_insert(value);
        }
    }
    if map.get("nullable") == Some(&Value::Bool(false)) {
        map.remove("nullable");
    }
    if let Some(Value::Array(names)) = map.get_mut("required") {
        names.sort_by_key(Value::to_string);
        if names.is_empty() {
            map.remove("required");
        }
    }
    Value::Object(map)
}
