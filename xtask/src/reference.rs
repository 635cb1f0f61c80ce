//! JSON Pointers and `$ref`: building, printing and resolving them.

use std::{borrow::Cow, fmt};

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Maximum length of a chain of references. A longer chain is treated as a cycle.
pub(crate) const MAX_CHAIN: usize = 32;

const SCHEMAS: &str = "#/components/schemas/";

/// A location in a document, displayed as an RFC 6901 JSON Pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Returns the pointer to the root of the document.
    pub fn root() -> Self {
        Self::default()
    }

    /// Builds a pointer from unescaped keys, outermost first.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(str::to_owned).collect())
    }

    /// Returns this pointer extended by one key.
    pub fn join(&self, key: &str) -> Self {
        let mut pointer = self.clone();
        pointer.push(key);
        pointer
    }

    /// Returns the unescaped keys, outermost first.
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn push(&mut self, key: &str) {
        self.0.push(key.to_owned());
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the document root");
        }
        self.0
            .iter()
            .try_for_each(|key| write!(f, "/{}", escape(key)))
    }
}

/// Returns the name of the schema if the reference points to an entry of `components/schemas`.
pub(crate) fn component_name(reference: &str) -> Option<String> {
    let reference = percent_decoded(reference);
    let name = reference.strip_prefix(SCHEMAS)?;
    (!name.contains('/')).then(|| name.replace("~1", "/").replace("~0", "~"))
}

/// Returns the name of the component schema that `value.$ref` points to, or `None` if `value` has
/// no reference to a component schema.
pub(crate) fn referenced_name(value: &Value) -> Option<String> {
    component_name(value.get("$ref")?.as_str()?)
}

/// Returns the reference to an entry of `components/schemas`.
pub(crate) fn reference_to(name: &str) -> String {
    format!("{SCHEMAS}{}", escape(name))
}

/// Follows a chain of references and returns the first value without `$ref`.
///
/// # Errors
///
/// Returns the reason if a reference of the chain cannot be resolved or the chain is a cycle.
pub(crate) fn follow<'a>(document: &'a Value, value: &'a Value) -> Result<&'a Value, String> {
    let mut value = value;
    for _ in 0..MAX_CHAIN {
        let Some(reference) = value.get("$ref") else {
            return Ok(value);
        };
        value = resolve(document, reference)?;
    }
    Err(format!(
        "$ref {} is part of a cycle of references",
        value["$ref"]
    ))
}

/// Returns the value that a `$ref` points to.
///
/// # Errors
///
/// Returns the reason if the reference is not a string, points to another file, is an anchor or has
/// no target.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &Value) -> Result<&'a Value, String> {
    let Some(text) = reference.as_str() else {
        return Err(format!("$ref is {reference}, which is not a string"));
    };
    let Some(pointer) = text.strip_prefix('#') else {
        return Err(format!(
            "$ref {text} points to another file, and external references are not supported"
        ));
    };
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(format!(
            "$ref {text} points to an anchor, and anchors are not supported"
        ));
    }
    document
        .pointer(&percent_decoded(pointer))
        .ok_or_else(|| format!("$ref {text} has no target in the document"))
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Decodes a URI fragment, because documents percent-encode the braces of path templates.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text)
        .decode_utf8()
        .unwrap_or(text.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointer_display_escapes_slashes_and_tildes() {
        assert_eq!(Pointer::of(["paths", "/a~b"]).to_string(), "/paths/~1a~0b");
    }

    #[test]
    fn reference_to_name_with_slash_round_trips() {
        assert_eq!(
            component_name(&reference_to("a/b~c")).as_deref(),
            Some("a/b~c")
        );
        assert_eq!(component_name("#/components/schemas/A/properties/b"), None);
        assert_eq!(component_name("#/components/parameters/A"), None);
    }

    #[test]
    fn reference_with_encoded_braces_resolves() {
        let document = json!({"paths": {"/a/{id}": {"get": 1}}});

        assert_eq!(
            resolve(&document, &json!("#/paths/~1a~1%7Bid%7D/get")),
            Ok(&json!(1))
        );
    }

    #[test]
    fn unresolvable_reference_returns_reason() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        let cases = [
            (json!("#/c"), "has no target"),
            (json!("other.yaml#/c"), "another file"),
            (json!("#anchor"), "anchor"),
            (json!(7), "not a string"),
        ];
        for (reference, expected) in cases {
            let error = resolve(&document, &reference).unwrap_err();
            assert!(error.contains(expected), "{reference}: {error}");
        }
        assert!(
            follow(&document, &document["a"])
                .unwrap_err()
                .contains("cycle")
        );
    }
}
