//! Walking an OpenAPI document by position, never by key name.
//!
//! A property may be *named* `type`, `items` or `example`, and an example may hold a whole object
//! that looks like a schema. Which key means what depends only on where it stands; [`child`] is the
//! one table that says so, and every stage of the pipeline walks by it.

use std::fmt;

use serde_json::Value;

/// What a value is, by where it stands in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The root object.
    Document,
    /// `components`.
    Components,
    /// One entry of `paths`.
    PathItem,
    /// One method of a path.
    Operation,
    /// A parameter of a path or an operation.
    Parameter,
    /// The body of a request.
    RequestBody,
    /// One response of an operation.
    Response,
    /// A header of a response or of a part.
    Header,
    /// One media type of a body.
    MediaType,
    /// How one part of a body is encoded.
    Encoding,
    /// A JSON schema.
    Schema,
    /// An authentication scheme.
    SecurityScheme,
}

/// What stands under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// Data, prose or an extension: nothing to walk into.
    Leaf,
    /// One value of a kind.
    One(Kind),
    /// An array of a kind.
    List(Kind),
    /// An object whose keys are free names and whose values are of a kind.
    Map(Kind),
}

/// The methods of a path item, in the order in which documents are read.
pub const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// What stands under `key` of a value of this kind.
pub fn child(kind: Kind, key: &str) -> Child {
    use Child::{Leaf, List, Map, One};
    match (kind, key) {
        (Kind::Document, "paths" | "webhooks") => Map(Kind::PathItem),
        (Kind::Document, "components") => One(Kind::Components),
        (Kind::Components, "schemas") => Map(Kind::Schema),
        (Kind::Components, "parameters") => Map(Kind::Parameter),
        (Kind::Components, "responses") => Map(Kind::Response),
        (Kind::Components, "requestBodies") => Map(Kind::RequestBody),
        (Kind::Components, "headers") => Map(Kind::Header),
        (Kind::Components, "pathItems") => Map(Kind::PathItem),
        (Kind::Components, "mediaTypes") => Map(Kind::MediaType),
        (Kind::Components, "securitySchemes") => Map(Kind::SecurityScheme),
        (Kind::PathItem, "additionalOperations") => Map(Kind::Operation),
        (Kind::PathItem, key) if METHODS.contains(&key) => One(Kind::Operation),
        (Kind::PathItem | Kind::Operation, "parameters") => List(Kind::Parameter),
        (Kind::Operation, "requestBody") => One(Kind::RequestBody),
        (Kind::Operation, "responses") => Map(Kind::Response),
        (Kind::Parameter | Kind::Header | Kind::MediaType, "schema") => One(Kind::Schema),
        (Kind::MediaType, "itemSchema") => One(Kind::Schema),
        (Kind::Parameter | Kind::Header | Kind::RequestBody | Kind::Response, "content") => {
            Map(Kind::MediaType)
        }
        (Kind::Response | Kind::Encoding, "headers") => Map(Kind::Header),
        (Kind::MediaType, "encoding") => Map(Kind::Encoding),
        (
            Kind::Schema,
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
        ) => Map(Kind::Schema),
        (Kind::Schema, "allOf" | "anyOf" | "oneOf" | "prefixItems") => List(Kind::Schema),
        (
            Kind::Schema,
            "items"
            | "additionalProperties"
            | "additionalItems"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "propertyNames"
            | "contains"
            | "contentSchema"
            | "not"
            | "if"
            | "then"
            | "else",
        ) => One(Kind::Schema),
        _ => Leaf,
    }
}

/// A place in a document, shown as an RFC 6901 JSON Pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// The root of the document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The place of these keys, outermost first.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(str::to_owned).collect())
    }

    /// This place and one key further in.
    pub fn join(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
    }

    /// The keys, outermost first.
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the document's root");
        }
        for key in &self.0 {
            write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

/// Visits `value` and everything under it, outer values first.
///
/// The visitor may change what it is given; what it leaves is what is walked into.
pub fn outside_in(
    value: &mut Value,
    kind: Kind,
    at: &mut Pointer,
    visit: &mut dyn FnMut(Kind, &Pointer, &mut Value),
) {
    visit(kind, at, value);
    each_child(value, kind, at, &mut |value, kind, at| {
        outside_in(value, kind, at, visit);
    });
}

/// Visits everything under `value` and then `value` itself: inner values first.
pub fn inside_out(
    value: &mut Value,
    kind: Kind,
    at: &mut Pointer,
    visit: &mut dyn FnMut(Kind, &Pointer, &mut Value),
) {
    each_child(value, kind, at, &mut |value, kind, at| {
        inside_out(value, kind, at, visit);
    });
    visit(kind, at, value);
}

/// Reads `value` and everything under it, outer values first.
pub fn read(
    value: &Value,
    kind: Kind,
    at: &mut Pointer,
    visit: &mut dyn FnMut(Kind, &Pointer, &Value),
) {
    visit(kind, at, value);
    let Value::Object(object) = value else { return };
    for (key, value) in object {
        at.0.push(key.clone());
        match (child(kind, key), value) {
            (Child::One(kind), Value::Array(list)) | (Child::List(kind), Value::Array(list)) => {
                for (index, value) in list.iter().enumerate() {
                    at.0.push(index.to_string());
                    read(value, kind, at, visit);
                    at.0.pop();
                }
            }
            (Child::One(kind), value) => read(value, kind, at, visit),
            (Child::Map(kind), Value::Object(map)) => {
                for (key, value) in map {
                    at.0.push(key.clone());
                    read(value, kind, at, visit);
                    at.0.pop();
                }
            }
            _ => {}
        }
        at.0.pop();
    }
}

fn each_child(
    value: &mut Value,
    kind: Kind,
    at: &mut Pointer,
    enter: &mut dyn FnMut(&mut Value, Kind, &mut Pointer),
) {
    let Value::Object(object) = value else { return };
    for (key, value) in object {
        at.0.push(key.clone());
        match (child(kind, key), value) {
            // `items` holds an array in drafts before 2020-12.
            (Child::One(kind), Value::Array(list)) | (Child::List(kind), Value::Array(list)) => {
                for (index, value) in list.iter_mut().enumerate() {
                    at.0.push(index.to_string());
                    enter(value, kind, at);
                    at.0.pop();
                }
            }
            (Child::One(kind), value) => enter(value, kind, at),
            (Child::Map(kind), Value::Object(map)) => {
                for (key, value) in map {
                    at.0.push(key.clone());
                    enter(value, kind, at);
                    at.0.pop();
                }
            }
            _ => {}
        }
        at.0.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schemas_in(value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        read(
            value,
            Kind::Document,
            &mut Pointer::root(),
            &mut |kind, at, _| {
                if kind == Kind::Schema {
                    found.push(at.to_string());
                }
            },
        );
        found
    }

    #[test]
    fn keys_are_judged_by_position() {
        let document = json!({"components": {"schemas": {"A": {
            "properties": {
                "items": {"type": "string"},
                "properties": {"type": "object", "example": {"schema": {"type": null}}},
            },
            "default": {"items": {"type": "string"}},
        }}}});

        assert_eq!(
            schemas_in(&document),
            [
                "/components/schemas/A",
                "/components/schemas/A/properties/items",
                "/components/schemas/A/properties/properties",
            ]
        );
    }

    #[test]
    fn pointers_escape_slashes_and_tildes() {
        assert_eq!(Pointer::of(["paths", "/a~b"]).to_string(), "/paths/~1a~0b");
    }
}
