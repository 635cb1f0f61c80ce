//! The keywords of JSON Schema that OpenAPI 3.0, 3.1 and 3.2 documents use, in one table.
//!
//! The stages read from this table which keywords contain schemas, which values a keyword accepts,
//! which keywords OpenAPI 3.0.3 has, and which keywords have no influence on the Rust type.

use serde_json::Value;

/// Extension of a component schema: the path of the hand-written type that replaces it.
pub(crate) const RUST_TYPE: &str = "x-rust-type";

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyword {
    /// Name of the keyword.
    pub(crate) name: &'static str,
    /// Values that the keyword accepts.
    pub(crate) accepts: Accepts,
    /// Type of the instances that the keyword constrains. Instances of other types are unaffected.
    pub(crate) applies_to: AppliesTo,
    /// Effect of the keyword on the client.
    pub(crate) role: Role,
    /// Whether `permissions.json` may contain the keyword. The others are lowered or dropped.
    pub(crate) in_3_0: bool,
    /// Value that has the same meaning as the absence of the keyword.
    pub(crate) no_effect: NoEffect,
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

/// Type of the instances that a keyword constrains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppliesTo {
    All,
    Array,
    Number,
    Object,
    Text,
}

/// Effect of a keyword on the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Text and examples for readers of the document.
    Prose,
    /// Describes a value without constraining it.
    Annotation,
    /// Checked by the server. The Rust type does not depend on it.
    Limit,
    /// Determines the Rust type.
    Shape,
    /// Identifies a schema or contains definitions. The value itself is not constrained.
    Identity,
}

/// Value of a keyword that has the same meaning as its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoEffect {
    Never,
    False,
    Zero,
    Null,
    EmptyList,
}

impl Keyword {
    /// Returns whether the keyword with this value means the same as its absence.
    pub(crate) fn has_no_effect(&self, value: &Value) -> bool {
        match self.no_effect {
            NoEffect::Never => false,
            NoEffect::False => *value == Value::Bool(false),
            NoEffect::Zero => value.as_u64() == Some(0),
            NoEffect::Null => value.is_null(),
            NoEffect::EmptyList => value.as_array().is_some_and(Vec::is_empty),
        }
    }

    const fn no_effect(self, no_effect: NoEffect) -> Self {
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

const fn row(name: &'static str, accepts: Accepts, applies_to: AppliesTo, role: Role) -> Keyword {
    Keyword {
        name,
        accepts,
        applies_to,
        role,
        in_3_0: true,
        no_effect: NoEffect::Never,
    }
}

/// The table, sorted by role and name.
#[rustfmt::skip]
pub(crate) const KEYWORDS: &[Keyword] = {
    use Accepts::{Any, Count, Flag, Names, NamedSchemas, Number, NumberOrFlag, Schema, Schemas, Type, Values};
    use AppliesTo::{All, Array, Number as Numbers, Object, Text};
    use NoEffect::{EmptyList, False, Null, Zero};
    use Role::{Annotation, Identity, Limit, Prose, Shape};
    &[
        row("$comment", Any, All, Prose).newer(),
        row("description", Accepts::Text, All, Prose),
        row("example", Any, All, Prose),
        row("examples", Any, All, Prose).newer(),
        row("externalDocs", Any, All, Prose).newer(),
        row("title", Accepts::Text, All, Prose),

        row("default", Any, All, Annotation).no_effect(Null),
        row("deprecated", Flag, All, Annotation).no_effect(False),
        row("readOnly", Flag, All, Annotation).no_effect(False),
        row("writeOnly", Flag, All, Annotation).no_effect(False),
        row("xml", Any, All, Annotation).newer(),

        row("exclusiveMaximum", NumberOrFlag, Numbers, Limit).no_effect(False),
        row("exclusiveMinimum", NumberOrFlag, Numbers, Limit).no_effect(False),
        row("maxItems", Count, Array, Limit),
        row("maxLength", Count, Text, Limit),
        row("maxProperties", Count, Object, Limit),
        row("maximum", Number, Numbers, Limit),
        row("minItems", Count, Array, Limit).no_effect(Zero),
        row("minLength", Count, Text, Limit).no_effect(Zero),
        row("minProperties", Count, Object, Limit).no_effect(Zero),
        row("minimum", Number, Numbers, Limit),
        row("multipleOf", Number, Numbers, Limit),
        row("pattern", Accepts::Text, Text, Limit),
        row("uniqueItems", Flag, Array, Limit).no_effect(False),

        row("$dynamicRef", Any, All, Shape).newer(),
        row("$recursiveRef", Any, All, Shape).newer(),
        row("$ref", Accepts::Text, All, Shape),
        row("additionalItems", Schema, All, Shape).newer(),
        row("additionalProperties", Schema, Object, Shape),
        row("allOf", Schemas, All, Shape),
        row("anyOf", Schemas, All, Shape),
        row("const", Any, All, Shape).newer(),
        row("contains", Schema, All, Shape).newer(),
        row("contentEncoding", Accepts::Text, Text, Shape).newer(),
        row("contentMediaType", Accepts::Text, Text, Shape).newer(),
        row("contentSchema", Schema, All, Shape).newer(),
        row("dependentSchemas", NamedSchemas, All, Shape).newer(),
        row("else", Schema, All, Shape).newer(),
        row("enum", Values, All, Shape),
        row("format", Accepts::Text, Text, Shape),
        row("if", Schema, All, Shape).newer(),
        row("items", Schema, Array, Shape),
        row("not", Schema, All, Shape),
        row("nullable", Flag, All, Shape).no_effect(False),
        row("oneOf", Schemas, All, Shape),
        row("patternProperties", NamedSchemas, Object, Shape).newer(),
        row("prefixItems", Schemas, Array, Shape).newer(),
        row("properties", NamedSchemas, Object, Shape),
        row("propertyNames", Schema, Object, Shape).newer(),
        row("required", Names, Object, Shape).no_effect(EmptyList),
        row("then", Schema, All, Shape).newer(),
        row("type", Type, All, Shape),
        row("unevaluatedItems", Schema, All, Shape).newer(),
        row("unevaluatedProperties", Schema, All, Shape).newer(),

        row("$anchor", Any, All, Identity).newer(),
        row("$defs", NamedSchemas, All, Identity).newer(),
        row("$dynamicAnchor", Any, All, Identity).newer(),
        row("$id", Any, All, Identity).newer(),
        row("$recursiveAnchor", Any, All, Identity).newer(),
        row("$schema", Any, All, Identity).newer(),
        row("$vocabulary", Any, All, Identity).newer(),
        row("definitions", NamedSchemas, All, Identity).newer(),
    ]
};
