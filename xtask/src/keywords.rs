//! The keywords of JSON Schema that OpenAPI 3.0, 3.1 and 3.2 documents use, in one table.
//!
//! The stages read from this table which keywords contain schemas, which values a keyword accepts,
//! which keywords OpenAPI 3.0.3 has, and which keywords have no influence on the Rust type.

use serde_json::Value;

/// Extension of a component schema. The value is the path of the hand-written type that replaces
/// the schema.
pub(crate) const RUST_TYPE: &str = "x-rust-type";

/// Keywords that combine schemas.
pub(crate) const COMBINATIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyword {
    /// Name of the keyword.
    pub(crate) name: &'static str,
    /// Values that the keyword accepts.
    pub(crate) accepts: Accepts,
    /// Types of the instances that the keyword constrains. Empty if the keyword constrains
    /// instances of all types.
    pub(crate) types: &'static [&'static str],
    /// Effect of the keyword on the client.
    pub(crate) role: Role,
    /// Whether `permissions.json` may contain the keyword. All other keywords are lowered or
    /// dropped.
    pub(crate) in_3_0: bool,
    /// JSON text of the value that means the same as the absence of the keyword. Empty if there is
    /// no such value.
    no_effect: &'static str,
}

/// Values that a keyword accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    Any,
    Text,
    Flag,
    Number,
    /// A number in OpenAPI 3.1, a boolean in 3.0.
    NumberOrFlag,
    Count,
    Type,
    Names,
    Values,
    Schema,
    Schemas,
    NamedSchemas,
}

/// Effect of a keyword on the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Text and examples for readers of the document.
    Prose,
    /// Describes a value or a schema without constraining the value.
    Annotation,
    /// Checked by the server. The Rust type does not depend on it.
    Limit,
    /// Determines the Rust type.
    Shape,
}

impl Keyword {
    /// Returns whether this value of the keyword means the same as the absence of the keyword.
    pub(crate) fn has_no_effect(&self, value: &Value) -> bool {
        serde_json::from_str(self.no_effect).is_ok_and(|no_effect: Value| *value == no_effect)
    }

    const fn no_effect(self, no_effect: &'static str) -> Self {
        Self { no_effect, ..self }
    }

    const fn newer(self) -> Self {
        Self {
            in_3_0: false,
            ..self
        }
    }
}

/// Returns the row of a keyword.
pub(crate) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Returns the role of a keyword, if the table contains it.
pub(crate) fn role(name: &str) -> Option<Role> {
    find(name).map(|keyword| keyword.role)
}

/// Returns whether a keyword describes a schema without constraining values.
pub(crate) fn is_annotation(name: &str) -> bool {
    matches!(role(name), Some(Role::Prose | Role::Annotation))
}

/// Returns whether a value is an instance of a type.
pub(crate) fn is_of_type(value: &Value, type_name: &str) -> bool {
    match type_name {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        _ => value.is_null(),
    }
}

const fn row(
    name: &'static str,
    accepts: Accepts,
    types: &'static [&'static str],
    role: Role,
) -> Keyword {
    Keyword {
        name,
        accepts,
        types,
        role,
        in_3_0: true,
        no_effect: "",
    }
}

const ALL: &[&str] = &[];
const ARRAY: &[&str] = &["array"];
const NUMBER: &[&str] = &["integer", "number"];
const OBJECT: &[&str] = &["object"];
const STRING: &[&str] = &["string"];

/// The table, sorted by role and name.
#[rustfmt::skip]
pub(crate) const KEYWORDS: &[Keyword] = {
    use Accepts::{Any, Count, Flag, Names, NamedSchemas, Number, NumberOrFlag, Schema, Schemas, Text, Type, Values};
    use Role::{Annotation, Limit, Prose, Shape};
    &[
        row("$comment", Any, ALL, Prose).newer(),
        row("description", Text, ALL, Prose),
        row("example", Any, ALL, Prose),
        row("examples", Any, ALL, Prose).newer(),
        row("externalDocs", Any, ALL, Prose).newer(),
        row("title", Text, ALL, Prose),

        row("$anchor", Any, ALL, Annotation).newer(),
        row("$defs", NamedSchemas, ALL, Annotation).newer(),
        row("$dynamicAnchor", Any, ALL, Annotation).newer(),
        row("$id", Any, ALL, Annotation).newer(),
        row("$recursiveAnchor", Any, ALL, Annotation).newer(),
        row("$schema", Any, ALL, Annotation).newer(),
        row("$vocabulary", Any, ALL, Annotation).newer(),
        row("default", Any, ALL, Annotation).no_effect("null"),
        row("definitions", NamedSchemas, ALL, Annotation).newer(),
        row("deprecated", Flag, ALL, Annotation).no_effect("false"),
        row("readOnly", Flag, ALL, Annotation).no_effect("false"),
        row("writeOnly", Flag, ALL, Annotation).no_effect("false"),
        row("xml", Any, ALL, Annotation).newer(),

        row("exclusiveMaximum", NumberOrFlag, NUMBER, Limit).no_effect("false"),
        row("exclusiveMinimum", NumberOrFlag, NUMBER, Limit).no_effect("false"),
        row("maxItems", Count, ARRAY, Limit),
        row("maxLength", Count, STRING, Limit),
        row("maxProperties", Count, OBJECT, Limit),
        row("maximum", Number, NUMBER, Limit),
        row("minItems", Count, ARRAY, Limit).no_effect("0"),
        row("minLength", Count, STRING, Limit).no_effect("0"),
        row("minProperties", Count, OBJECT, Limit).no_effect("0"),
        row("minimum", Number, NUMBER, Limit),
        row("multipleOf", Number, NUMBER, Limit),
        row("pattern", Text, STRING, Limit),
        row("uniqueItems", Flag, ARRAY, Limit).no_effect("false"),

        row("$dynamicRef", Any, ALL, Shape).newer(),
        row("$recursiveRef", Any, ALL, Shape).newer(),
        row("$ref", Text, ALL, Shape),
        row("additionalItems", Schema, ALL, Shape).newer(),
        row("additionalProperties", Schema, OBJECT, Shape),
        row("allOf", Schemas, ALL, Shape),
        row("anyOf", Schemas, ALL, Shape),
        row("const", Any, ALL, Shape).newer(),
        row("contains", Schema, ALL, Shape).newer(),
        row("contentEncoding", Text, STRING, Shape).newer(),
        row("contentMediaType", Text, STRING, Shape).newer(),
        row("contentSchema", Schema, ALL, Shape).newer(),
        row("dependentSchemas", NamedSchemas, ALL, Shape).newer(),
        row("else", Schema, ALL, Shape).newer(),
        row("enum", Values, ALL, Shape),
        row("format", Text, STRING, Shape),
        row("if", Schema, ALL, Shape).newer(),
        row("items", Schema, ARRAY, Shape),
        row("not", Schema, ALL, Shape),
        row("nullable", Flag, ALL, Shape).no_effect("false"),
        row("oneOf", Schemas, ALL, Shape),
        row("patternProperties", NamedSchemas, OBJECT, Shape).newer(),
        row("prefixItems", Schemas, ARRAY, Shape).newer(),
        row("properties", NamedSchemas, OBJECT, Shape),
        row("propertyNames", Schema, OBJECT, Shape).newer(),
        row("required", Names, OBJECT, Shape).no_effect("[]"),
        row("then", Schema, ALL, Shape).newer(),
        row("type", Type, ALL, Shape),
        row("unevaluatedItems", Schema, ALL, Shape).newer(),
        row("unevaluatedProperties", Schema, ALL, Shape).newer(),
    ]
};
