//! Writing out what stands in `components`, apart from schemas.

use serde_json::Value;

use crate::{
    problem::Problem,
    tree::{self, Kind, Pointer},
};

/// How many references in a row may lead to one value.
const MAX_CHAIN: usize = 32;

/// How deep a reference may stand: deeper than any document, so that it must contain itself.
const MAX_DEPTH: usize = 256;

/// Replaces every reference to anything but a schema by what it refers to.
pub(crate) fn inline(
    document: &Value,
    value: &mut Value,
    kind: Kind,
    at: &Pointer,
    problems: &mut Vec<Problem>,
) {
    tree::outside_in(value, kind, &mut at.clone(), &mut |kind, at, value| {
        if kind == Kind::Schema || value.get("$ref").is_none() {
            return;
        }
        let nested = at.keys().len() > MAX_DEPTH;
        let circle = || Err(format!("$ref {} leads round in a circle", value["$ref"]));
        match if nested {
            circle()
        } else {
            follow(document, value)
        } {
            Ok(target) => *value = target.clone(),
            Err(reason) => {
                problems.push(Problem::new(at, reason, REMEDY));
                // Whatever follows would only repeat the problem.
                *value = Value::Null;
            }
        }
    });
}

const REMEDY: &str = "repair the document, or bundle it into one file";

/// The value at the end of a chain of references; the value itself where it is none.
///
/// # Errors
///
/// Why a reference cannot be followed: it is external, dangling, or leads back to itself.
pub(crate) fn follow<'a>(document: &'a Value, value: &'a Value) -> Result<&'a Value, String> {
    let mut value = value;
    for _ in 0..MAX_CHAIN {
        let Some(reference) = value.get("$ref") else {
            return Ok(value);
        };
        value = resolve(document, reference)?;
    }
    Err(format!("$ref {} leads round in a circle", value["$ref"]))
}

/// The value that one reference names.
///
/// # Errors
///
/// Why it cannot be followed.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &Value) -> Result<&'a Value, String> {
    let Some(text) = reference.as_str() else {
        return Err(format!("$ref is {reference}, not a text"));
    };
    let Some(pointer) = text.strip_prefix('#') else {
        return Err(format!(
            "$ref {text} leads to another file, which is not read"
        ));
    };
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(format!(
            "$ref {text} names an anchor, which is not supported"
        ));
    }
    document
        .pointer(&percent_decoded(pointer))
        .ok_or_else(|| format!("$ref {text} leads nowhere: the document has no such place"))
}

/// A JSON Pointer in a URI fragment may be percent-encoded, `{` and `}` of a path template above all.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chains_are_followed_to_their_end() {
        let document = json!({"components": {"parameters": {
            "A": {"$ref": "#/components/parameters/B"},
            "B": {"name": "b", "in": "query"},
        }}});
        let mut value = json!({"$ref": "#/components/parameters/A"});
        let mut problems = Vec::new();

        inline(
            &document,
            &mut value,
            Kind::Parameter,
            &Pointer::root(),
            &mut problems,
        );

        assert_eq!(value, json!({"name": "b", "in": "query"}));
        assert_eq!(problems, []);
    }

    #[test]
    fn a_path_template_may_be_percent_encoded() {
        let document = json!({"paths": {"/a/{id}": {"get": 1}}});

        assert_eq!(
            resolve(&document, &json!("#/paths/~1a~1%7Bid%7D/get")),
            Ok(&json!(1))
        );
    }

    #[test]
    fn what_cannot_be_followed_says_why() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        let cases = [
            (json!("#/c"), "leads nowhere"),
            (json!("other.yaml#/c"), "another file"),
            (json!("#anchor"), "anchor"),
            (json!(7), "not a text"),
        ];
        for (reference, expected) in cases {
            let error = resolve(&document, &reference).unwrap_err();
            assert!(error.contains(expected), "{reference}: {error}");
        }
        assert!(
            follow(&document, &document["a"])
                .unwrap_err()
                .contains("circle")
        );
    }
}
