//! Classifies the JSON values of a lowered schema by how serde decodes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    keywords::{Role, is_of_type, role},
    reference::{MAX_CHAIN, referenced_name},
    tree::{elements, entries, schemas},
};

/// Maximum number of alternatives of a schema. Combining unions multiplies their numbers of
/// alternatives.
const MAX_ALTERNATIVES: usize = 256;

/// The component schemas of a lowered document.
#[derive(Clone, Copy)]
pub(crate) struct Shapes<'a>(pub(crate) &'a Value);

/// One alternative of a schema.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Any,
    Null,
    Boolean,
    /// The format is `int32`, `int64` or `uint64`.
    Integer(&'static str),
    Number,
    /// A string, or an enum of strings.
    Text(Option<BTreeSet<String>>),
    /// The schema of the items.
    Array(Value),
    Object(Object),
}

/// The properties of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    pub(crate) properties: BTreeMap<String, Value>,
    pub(crate) required: BTreeSet<String>,
    /// The schema of additional properties, if they are kept.
    pub(crate) additional: Option<Value>,
    /// Whether additional properties are forbidden.
    pub(super) closed: bool,
}

impl<'a> Shapes<'a> {
    pub(crate) fn of(document: &'a Value) -> Self {
        Self(schemas(document))
    }

    /// Resolves the references and combinations of a schema, and returns the alternatives that the
    /// schema allows.
    ///
    /// # Errors
    ///
    /// Returns the reason if no value can be valid.
    pub(crate) fn alternatives(&self, schema: &Value) -> Result<Vec<Shape>, String> {
        self.expand(schema, MAX_CHAIN)
    }

    fn expand(&self, schema: &Value, left: usize) -> Result<Vec<Shape>, String> {
        let Some(left) = left.checked_sub(1) else {
            return Err(
                "its references and `allOf`, `oneOf` or `anyOf` are nested too deeply".to_owned(),
            );
        };
        if let Some(name) = referenced_name(schema) {
            return self.expand(&self.0[&name], left);
        }
        let mut shapes = own(schema)?;
        for member in elements(&schema["allOf"]) {
            shapes = product(&shapes, &self.expand(member, left)?)?;
        }
        let common = self.common_values(schema, left);
        if common.is_some_and(|values| values.is_empty()) {
            return Err("no value is valid: its enums have no common value".to_owned());
        }
        for key in ["anyOf", "oneOf"] {
            if elements(&schema[key]).all(is_restriction) {
                continue;
            }
            let mut union = Vec::new();
            for member in elements(&schema[key]) {
                union.extend(self.expand(member, left)?);
            }
            shapes = product(&shapes, &union)?;
        }
        Ok(shapes)
    }

    /// Returns the values that the enums of a schema and of its `allOf` members have in common.
    fn common_values(&self, schema: &'a Value, left: usize) -> Option<Vec<&'a Value>> {
        let left = left.checked_sub(1)?;
        if let Some(name) = referenced_name(schema) {
            return self.common_values(&self.0[&name], left);
        }
        let own = schema["enum"]
            .as_array()
            .map(|values| values.iter().collect());
        let inner = elements(&schema["allOf"]);
        let inner = inner.filter_map(|member| self.common_values(member, left));
        let is_same = |a: &Value, b: &Value| a == b || a.is_number() && a.as_f64() == b.as_f64();
        own.into_iter()
            .chain(inner)
            .reduce(|common: Vec<&Value>, values| {
                let is_common = |a: &&Value| values.iter().any(|b| is_same(a, b));
                common.into_iter().filter(is_common).collect()
            })
    }

    /// Whether a property is only sent (`writeOnly`) or only received (`readOnly`).
    pub(crate) fn has_flag(&self, schema: &Value, flag: &str) -> bool {
        self.is_flagged(schema, flag, MAX_CHAIN)
    }

    fn is_flagged(&self, schema: &Value, flag: &str, left: usize) -> bool {
        let Some(left) = left.checked_sub(1) else {
            return false;
        };
        let target = referenced_name(schema).map(|name| &self.0[&name]);
        let mut inner = target.into_iter().chain(elements(&schema["allOf"]));
        schema[flag] == true || inner.any(|inner| self.is_flagged(inner, flag, left))
    }
}

impl Shape {
    /// Whether the value is a single string, number or boolean.
    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(
            self,
            Self::Any | Self::Null | Self::Array(_) | Self::Object(_)
        )
    }

    /// Returns a schema for the shape.
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Any => json!({}),
            Self::Null => json!({"enum": [null], "nullable": true}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Integer(format) => json!({"type": "integer", "format": format}),
            Self::Number => json!({"type": "number"}),
            Self::Text(None) => json!({"type": "string"}),
            Self::Text(Some(values)) => json!({"type": "string", "enum": values}),
            Self::Array(items) => json!({"type": "array", "items": items}),
            Self::Object(object) => {
                let mut schema = json!({
                    "type": "object",
                    "properties": object.properties,
                    "required": object.required,
                });
                if let Some(additional) = &object.additional {
                    schema["additionalProperties"] = additional.clone();
                } else if object.closed {
                    schema["additionalProperties"] = json!(false);
                }
                schema
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Number => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Whether a schema has only keywords that restrict values, and no properties.
fn is_restriction(schema: &Value) -> bool {
    let is_limit =
        |key: &String| key == "required" || matches!(role(key), Some(Role::Limit | Role::Prose));
    schema
        .as_object()
        .is_some_and(|schema| !schema.is_empty() && schema.keys().all(is_limit))
}

/// Returns the shapes of a schema. Its `allOf`, `oneOf` and `anyOf` are ignored.
fn own(schema: &Value) -> Result<Vec<Shape>, String> {
    let values = elements(&schema["enum"]).filter(|value| !value.is_null());
    let values: Vec<&Value> = values.collect();
    let has = |key: &str| schema.get(key).is_some();
    if has("enum") && values.is_empty() {
        return Ok(vec![Shape::Null]);
    }
    let type_name = schema["type"].as_str();
    let is_misfit = |value: &&&Value| type_name.is_some_and(|name| !is_of_type(value, name));
    let misfits = values.iter().filter(is_misfit);
    let misfits: Vec<String> = misfits.map(|value| value.to_string()).collect();
    if !misfits.is_empty() {
        return Err(format!(
            "the enum values `{}` do not have the declared type {}",
            misfits.join("`, `"),
            schema["type"]
        ));
    }
    let texts = values.iter().filter_map(|value| value.as_str());
    let texts: BTreeSet<String> = texts.map(str::to_owned).collect();
    let kind = match type_name {
        None if has("properties") || has("additionalProperties") || has("required") => {
            Some("object")
        }
        None if has("items") => Some("array"),
        kind => kind,
    };
    Ok(vec![match kind {
        Some("boolean") => Shape::Boolean,
        Some("number") if values.iter().any(|value| is_inexact(value)) => {
            return Err("f64 would round its integers".to_owned());
        }
        Some("number") => Shape::Number,
        Some("integer") => Shape::Integer(integer_format(schema, &values)?),
        Some("string") => Shape::Text((!texts.is_empty()).then_some(texts)),
        Some("array") => Shape::Array(schema.get("items").cloned().unwrap_or_else(|| json!({}))),
        Some("object") => {
            let additional = schema.get("additionalProperties");
            let properties = entries(&schema["properties"]);
            let required = elements(&schema["required"]).filter_map(Value::as_str);
            Shape::Object(Object {
                properties: properties
                    .map(|(name, schema)| (name.clone(), schema.clone()))
                    .collect(),
                required: required.map(str::to_owned).collect(),
                additional: additional.filter(|value| value.is_object()).cloned(),
                closed: additional == Some(&json!(false)),
            })
        }
        _ if has("enum") => return Ok(by_type(&values, texts)),
        _ => Shape::Any,
    }])
}

/// Returns one shape for each type that occurs among the values of an enum without a `type`.
fn by_type(values: &[&Value], texts: BTreeSet<String>) -> Vec<Shape> {
    let mut shapes = Vec::new();
    if !texts.is_empty() {
        shapes.push(Shape::Text(Some(texts)));
    }
    for value in values {
        let shape = match value {
            Value::String(_) => continue,
            Value::Bool(_) => Shape::Boolean,
            Value::Number(number) if number.is_i64() => Shape::Integer("int64"),
            Value::Number(number) if number.is_u64() => Shape::Integer("uint64"),
            Value::Number(_) => Shape::Number,
            _ => Shape::Any,
        };
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes
}

/// Whether a value is an integer beyond 2^53, the limit up to which f64 represents every integer
/// exactly.
fn is_inexact(value: &Value) -> bool {
    let signed = value.as_i64().map(i64::unsigned_abs);
    signed
        .or(value.as_u64())
        .is_some_and(|integer| integer > 1 << 53)
}

/// Returns the format whose Rust type can hold every valid value of an integer schema.
fn integer_format(schema: &Value, values: &[&Value]) -> Result<&'static str, String> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (minimum, maximum) = (bound("minimum"), bound("maximum"));
    // Documents often contain the maximum of a 64-bit integer as 9223372036854776000, which is how
    // JavaScript prints 2^63.
    let limit = -(i64::MIN as f64);
    if schema["format"] != "uint64"
        && values.iter().all(|value| value.is_i64())
        && minimum.is_none_or(|minimum| (-limit..limit).contains(&minimum))
        && maximum.is_none_or(|maximum| maximum <= limit)
    {
        let values = values.iter().filter_map(|value| value.as_f64());
        let mut all = values.chain(minimum).chain(maximum);
        let is_i32 = all.all(|value| (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value));
        return Ok(if schema["format"] == "int32" && is_i32 {
            "int32"
        } else {
            "int64"
        });
    }
    let is_unsigned = schema["format"] == "uint64" || !values.is_empty();
    if values.iter().all(|value| value.is_u64())
        && minimum.map_or(is_unsigned, |minimum| minimum >= 0.0)
        && maximum.is_none_or(|maximum| maximum <= u64::MAX as f64)
    {
        return Ok("uint64");
    }
    Err("its integers fit neither i64 nor u64".to_owned())
}

/// Combines each alternative of one list with each alternative of the other list.
fn product(first: &[Shape], second: &[Shape]) -> Result<Vec<Shape>, String> {
    let mut shapes = Vec::new();
    let mut conflict = String::new();
    for a in first {
        for b in second {
            match merged(a, b) {
                Ok(shape) if shapes.contains(&shape) => {}
                Ok(shape) => shapes.push(shape),
                Err(reason) => conflict = reason,
            }
        }
    }
    if shapes.is_empty() {
        return Err(format!("no value is valid: {conflict}"));
    }
    if shapes.len() > MAX_ALTERNATIVES {
        return Err(format!(
            "its unions have more than {MAX_ALTERNATIVES} combinations"
        ));
    }
    Ok(shapes)
}

/// Returns the intersection of two shapes.
fn merged(a: &Shape, b: &Shape) -> Result<Shape, String> {
    use Shape::{Any, Array, Integer, Number, Object, Text};
    Ok(match (a, b) {
        (Any, other) | (other, Any) => other.clone(),
        (a, b) if a == b => a.clone(),
        (Integer(format), Number) | (Number, Integer(format)) => Integer(format),
        (Integer("int32"), Integer(_)) | (Integer(_), Integer("int32")) => Integer("int32"),
        (Integer(a), Integer(b)) if *a == "uint64" || *b == "uint64" => Integer("uint64"),
        (Integer(_), Integer(_)) => Integer("int64"),
        (Text(None), text @ Text(_)) | (text @ Text(_), Text(None)) => text.clone(),
        (Text(Some(a)), Text(Some(b))) => {
            let both: BTreeSet<String> = a.intersection(b).cloned().collect();
            if both.is_empty() {
                return Err("it requires a string to have two different values".to_owned());
            }
            Text(Some(both))
        }
        (Array(a), Array(b)) => Array(both(a, b)),
        (Object(a), Object(b)) => {
            let forbidden = |a: &self::Object, b: &self::Object| {
                let mut required = b.required.iter();
                let is_forbidden = |name: &&String| a.closed && !a.properties.contains_key(*name);
                required.find(is_forbidden).cloned()
            };
            if let Some(name) = forbidden(a, b).or_else(|| forbidden(b, a)) {
                return Err(format!("it both requires and forbids the property {name}"));
            }
            let mut object = a.clone();
            object.required.extend(b.required.iter().cloned());
            object.closed &= b.closed;
            for (name, schema) in &b.properties {
                let merged = object
                    .properties
                    .get(name)
                    .map_or_else(|| schema.clone(), |own| both(own, schema));
                object.properties.insert(name.clone(), merged);
            }
            object.additional = match (&a.additional, &b.additional) {
                (Some(a), Some(b)) => Some(both(a, b)),
                (a, b) => a.clone().or_else(|| b.clone()),
            };
            Object(object)
        }
        (a, b) => return Err(format!("it requires {} and {} at once", a.kind(), b.kind())),
    })
}

/// Returns a schema whose values must be valid for both schemas.
fn both(a: &Value, b: &Value) -> Value {
    match (a, b) {
        _ if a == b => a.clone(),
        _ if *a == json!({}) => b.clone(),
        _ if *b == json!({}) => a.clone(),
        _ => json!({ "allOf": [a, b] }),
    }
}
