//! Traverses an OpenAPI document and determines the kind of each value.
//!
//! A property can be named `type`, `items` or `example`, and an example can contain an object that
//! looks like a schema. The meaning of a key therefore depends only on the position of the key.
//! [`child`] defines the meaning of each key for all stages.

use serde_json::Value;

use crate::keywords::{self, Accepts};
pub use crate::reference::Pointer;

/// Kind of a value, determined by its position in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The root of the document.
    Document,
    /// `components`.
    Components,
    /// One entry of `paths`.
    PathItem,
    /// An operation: one method of a path.
    Operation,
    /// A parameter of a path or an operation.
    Parameter,
    /// The body of a request.
    RequestBody,
    /// One response of an operation.
    Response,
    /// A header of a response, or of one part of a multipart body.
    Header,
    /// The content of a body in one media type.
    MediaType,
    /// Encoding of one property of a multipart or form body.
    Encoding,
    /// A JSON schema.
    Schema,
    /// A security scheme.
    SecurityScheme,
}

/// The structure of the value of a key (a single value, an array or a map), and the kind of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// Data, prose or an extension, which are not traversed.
    Leaf,
    /// A value of this kind.
    One(Kind),
    /// An array of values of this kind.
    List(Kind),
    /// An object with arbitrary keys and values of this kind.
    Map(Kind),
}

/// The HTTP methods of a path item, in the order in which operations are processed.
pub const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// Returns the structure and the kind of the value that `key` has in an object of the kind `kind`.
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
        (Kind::Schema, key) => match keywords::find(key).map(|keyword| keyword.accepts) {
            Some(Accepts::Schema) => One(Kind::Schema),
            Some(Accepts::Schemas) => List(Kind::Schema),
            Some(Accepts::NamedSchemas) => Map(Kind::Schema),
            _ => Leaf,
        },
        _ => Leaf,
    }
}

/// Iterates over the entries of an object. Other values have none.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Iterates over the elements of an array. Other values have none.
pub(crate) fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the value if it is a string, or else an empty string.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Iterates over the operations of a document with their locations.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (Pointer, &Value)> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| {
            let at = Pointer::of(["paths", path, method]);
            Some((at, item.get(method)?))
        })
    })
}

/// Returns the component schemas of a document, or null.
pub(crate) fn schemas(document: &Value) -> &Value {
    &document["components"]["schemas"]
}

/// Visits all values of a document, parents first.
///
/// If the visitor replaces a value, the replacement is traversed.
pub fn outside_in(document: &mut Value, visit: &mut dyn FnMut(Kind, &Pointer, &mut Value)) {
    outside_in_from(document, Kind::Document, &mut Pointer::root(), visit);
}

/// Visits `value` and its descendants, parents first.
pub(crate) fn outside_in_from(
    value: &mut Value,
    kind: Kind,
    at: &mut Pointer,
    visit: &mut dyn FnMut(Kind, &Pointer, &mut Value),
) {
    walk(value, kind, at, visit, &mut |_, _, _| {});
}

/// Visits all values of a document, children first.
pub fn inside_out(document: &mut Value, visit: &mut dyn FnMut(Kind, &Pointer, &mut Value)) {
    let (root, at) = (Kind::Document, &mut Pointer::root());
    walk(document, root, at, &mut |_, _, _| {}, visit);
}

/// Visits all values of a document without changing them, parents first.
pub fn read(document: &Value, visit: &mut dyn FnMut(Kind, &Pointer, &Value)) {
    outside_in(&mut document.clone(), &mut |kind, at, value| {
        visit(kind, at, value);
    });
}

/// Visits the `$ref` of every schema in `value`.
pub(crate) fn references(
    value: &mut Value,
    kind: Kind,
    visit: &mut dyn FnMut(&Pointer, &mut Value),
) {
    outside_in_from(value, kind, &mut Pointer::root(), &mut |kind, at, value| {
        if kind == Kind::Schema
            && let Some(reference) = value.get_mut("$ref")
        {
            visit(at, reference);
        }
    });
}

/// Visits each value: calls `before`, visits the children of the value, and calls `after`.
fn walk(
    value: &mut Value,
    kind: Kind,
    at: &mut Pointer,
    before: &mut dyn FnMut(Kind, &Pointer, &mut Value),
    after: &mut dyn FnMut(Kind, &Pointer, &mut Value),
) {
    before(kind, at, value);
    for (key, value) in value.as_object_mut().into_iter().flatten() {
        at.push(key);
        match (child(kind, key), value) {
            (Child::One(kind), value) => walk(value, kind, at, before, after),
            (Child::List(kind), Value::Array(list)) => {
                for (index, value) in list.iter_mut().enumerate() {
                    at.push(&index.to_string());
                    walk(value, kind, at, before, after);
                    at.pop();
                }
            }
            (Child::Map(kind), Value::Object(map)) => {
                for (key, value) in map {
                    at.push(key);
                    walk(value, kind, at, before, after);
                    at.pop();
                }
            }
            _ => {}
        }
        at.pop();
    }
    after(kind, at, value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schemas_in(value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        read(value, &mut |kind, at, _| {
            if kind == Kind::Schema {
                found.push(at.to_string());
            }
        });
        found
    }

    #[test]
    fn property_named_like_keyword_is_a_schema() {
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
}
