//! Classifies the JSON values of a lowered schema in the way in which serde decodes them.
//!
//! A union becomes an untagged enum of serde: the first member that decodes is used, and properties
//! that it does not declare are lost. [`Shapes::union`] sorts the members so that nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    keywords::{Role, role},
    reference::{MAX_CHAIN, referenced_name},
};

/// Maximum number of alternatives of a schema. Combinations of unions multiply.
const MAX_ALTERNATIVES: usize = 256;

/// Maximum depth at which two schemas are compared. Deeper values count as equal.
const MAX_DEPTH: usize = 8;

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
    closed: bool,
}

impl<'a> Shapes<'a> {
    pub(crate) fn of(document: &'a Value) -> Self {
        Self(
            document
                .pointer("/components/schemas")
                .unwrap_or(&Value::Null),
        )
    }

    /// Returns the alternatives of a schema, without references and combinations.
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
        for member in members(schema, "allOf") {
            shapes = product(&shapes, &self.expand(member, left)?)?;
        }
        if self
            .common_values(schema, left)
            .is_some_and(|values| values.is_empty())
        {
            return Err("no value is valid: its enums have no common value".to_owned());
        }
        for key in ["anyOf", "oneOf"] {
            let mut union = Vec::new();
            if members(schema, key).all(is_restriction) {
                continue;
            }
            for member in members(schema, key) {
                union.extend(self.expand(member, left)?);
            }
            if !union.is_empty() {
                shapes = product(&shapes, &union)?;
            }
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
        let inner = members(schema, "allOf").map(|member| self.common_values(member, left));
        let is_same = |a: &Value, b: &Value| a == b || a.is_number() && a.as_f64() == b.as_f64();
        inner.fold(own, |common: Option<Vec<&Value>>, values| {
            match (common, values) {
                (Some(mut common), Some(values)) => {
                    common.retain(|a| values.iter().any(|b| is_same(a, b)));
                    Some(common)
                }
                (common, values) => common.or(values),
            }
        })
    }

    /// Returns the union's members, ordered so that no decoded value loses a property.
    ///
    /// Objects with common values become one object with the properties of both.
    ///
    /// # Errors
    ///
    /// Returns the reason if there is no such order.
    pub(crate) fn union(&self, members: &[Value], any_of: bool) -> Result<Vec<Value>, String> {
        let mut members = members.to_vec();
        while let Some((first, second)) = self.overlapping(&members, any_of)? {
            let combined = match (
                self.alternatives(&members[first])?.as_slice(),
                self.alternatives(&members[second])?.as_slice(),
            ) {
                ([Shape::Object(a)], [Shape::Object(b)]) => {
                    vec![Shape::Object(superset(a, b)).schema()]
                }
                (a, b) => a.iter().chain(b).map(Shape::schema).collect(),
            };
            members.remove(second);
            members.splice(first..=first, combined);
        }
        self.ordered(&members)
    }

    /// Returns the indexes of two members that must be combined.
    fn overlapping(
        &self,
        members: &[Value],
        any_of: bool,
    ) -> Result<Option<(usize, usize)>, String> {
        let shapes = members
            .iter()
            .map(|member| self.alternatives(member))
            .collect::<Result<Vec<_>, _>>()?;
        for second in 0..shapes.len() {
            for first in 0..second {
                let (a, b) = (&shapes[first], &shapes[second]);
                let is_overlap = |a: &Shape| match a {
                    Shape::Object(a) => b.iter().any(|b| match b {
                        Shape::Object(b) if any_of => a != b && !self.exclusive(a, b),
                        Shape::Object(_) => {
                            self.any_lossy(
                                &[Shape::Object(a.clone())],
                                std::slice::from_ref(b),
                                MAX_DEPTH,
                            ) && self.any_lossy(
                                std::slice::from_ref(b),
                                &[Shape::Object(a.clone())],
                                MAX_DEPTH,
                            )
                        }
                        _ => false,
                    }),
                    _ => false,
                };
                if members[first] != members[second] && a.iter().any(is_overlap) {
                    return Ok(Some((first, second)));
                }
            }
        }
        Ok(None)
    }

    /// Whether the objects have no value in common.
    fn exclusive(&self, a: &Object, b: &Object) -> bool {
        let forbids = |a: &Object, b: &Object| {
            a.closed
                && b.required
                    .iter()
                    .any(|name| !a.properties.contains_key(name))
        };
        let mut common = a
            .required
            .intersection(&b.required)
            .filter(|name| !self.is_one_way(a, name) && !self.is_one_way(b, name));
        forbids(a, b)
            || forbids(b, a)
            || common.any(
                |name| match (a.properties.get(name), b.properties.get(name)) {
                    (Some(a), Some(b)) => !self.may_decode(a, b, MAX_DEPTH),
                    _ => false,
                },
            )
    }

    /// Sorts the members of a union so that no decoded value loses a property.
    fn ordered(&self, members: &[Value]) -> Result<Vec<Value>, String> {
        let mut open = Vec::new();
        for member in members {
            let shapes = self.alternatives(member)?;
            if !open.iter().any(|(other, _)| *other == member) {
                open.push((member, shapes));
            }
        }
        // Any string decodes as a plain string, so specific members come first.
        open.sort_by_key(|(_, shapes)| shapes.contains(&Shape::Text(None)));
        let mut ordered = Vec::new();
        while !open.is_empty() {
            let first = (0..open.len()).find(|index| {
                let mut others = open.iter().enumerate().filter(|(other, _)| other != index);
                others.all(|(_, (_, other))| !self.any_lossy(&open[*index].1, other, MAX_DEPTH))
            });
            let Some(first) = first else {
                let names: Vec<String> = open.iter().map(|(member, _)| describe(member)).collect();
                return Err(format!(
                    "the members {} of the union overlap: a value of one would be decoded as another and lose properties",
                    names.join(", ")
                ));
            };
            ordered.push(open.remove(first).0.clone());
        }
        Ok(ordered)
    }

    /// Whether a value of `other` can be decoded as `first` and lose a property.
    fn any_lossy(&self, first: &[Shape], other: &[Shape], left: usize) -> bool {
        let lossy = |a: &Shape, b: &Shape| self.decodes(a, b, left) && !self.keeps(a, b, left);
        first.iter().any(|a| other.iter().any(|b| lossy(a, b)))
    }

    fn lossy(&self, first: &Value, other: &Value, left: usize) -> bool {
        if first == other {
            return false;
        }
        match (
            left.checked_sub(1),
            self.alternatives(first),
            self.alternatives(other),
        ) {
            (Some(left), Ok(first), Ok(other)) => self.any_lossy(&first, &other, left),
            _ => true,
        }
    }

    fn may_decode(&self, first: &Value, other: &Value, left: usize) -> bool {
        match (
            left.checked_sub(1),
            self.alternatives(first),
            self.alternatives(other),
        ) {
            (Some(left), Ok(first), Ok(other)) => first
                .iter()
                .any(|a| other.iter().any(|b| self.decodes(a, b, left))),
            _ => true,
        }
    }

    /// Whether a value of `b` may be accepted by the type of `a`.
    fn decodes(&self, a: &Shape, b: &Shape, left: usize) -> bool {
        use Shape::{Any, Array, Boolean, Integer, Null, Number, Object, Text};
        match (a, b) {
            (Any, _) | (_, Any) | (Null, Null) | (Boolean, Boolean) => true,
            (Integer(_) | Number, Integer(_) | Number) => true,
            (Text(Some(a)), Text(Some(b))) => !a.is_disjoint(b),
            (Text(_), Text(_)) | (Array(_), Array(_)) => true,
            // serde also decodes structs from arrays, except structs with a flattened map.
            (Object(a), Array(_)) => a.additional.is_none() && !a.properties.is_empty(),
            (Object(a), Object(b)) => {
                let is_null = |schema: &Value| schema["nullable"] == true;
                let property = |name: &String| match (
                    a.properties.get(name).or(a.additional.as_ref()),
                    b.properties.get(name).or(b.additional.as_ref()),
                ) {
                    (Some(inner), Some(other)) => {
                        let may_be_absent = !self.needs(a, name)
                            && (!b.required.contains(name) || self.is_one_way(b, name));
                        may_be_absent
                            || is_null(inner) && is_null(other)
                            || self.may_decode(inner, other, left)
                    }
                    (Some(_), None) => !self.needs(a, name),
                    (None, _) => true,
                };
                a.required.iter().chain(&b.required).all(property)
            }
            _ => false,
        }
    }

    /// Whether a value of `b` round-trips if it is decoded as `a`.
    fn keeps(&self, a: &Shape, b: &Shape, left: usize) -> bool {
        use Shape::{Any, Array, Integer, Number, Object};
        match (a, b) {
            (Any, _) => true,
            (Number, Integer(_)) => false,
            (Array(a), Array(b)) => !self.lossy(a, b, left),
            (Array(a), Any) => *a == json!({}),
            (Object(a), Object(b)) => {
                let property = |(name, b): (&String, &Value)| {
                    let a = a.properties.get(name).or(a.additional.as_ref());
                    a.is_some_and(|a| !self.lossy(a, b, left))
                };
                let additional = match (&a.additional, &b.additional) {
                    (_, None) => true,
                    (Some(a), Some(b)) => !self.lossy(a, b, left),
                    (None, Some(_)) => false,
                };
                additional && b.properties.iter().all(property)
            }
            (Object(a), Any) => {
                a.properties.is_empty()
                    && a.additional
                        .as_ref()
                        .is_none_or(|value| *value == json!({}))
            }
            (Object(_), Array(_)) => false,
            _ => true,
        }
    }

    /// Whether decoding fails without a property. Serde decodes an absent nullable property as null.
    fn needs(&self, object: &Object, name: &str) -> bool {
        let is_nullable = |name| {
            object
                .properties
                .get(name)
                .is_some_and(|schema| schema["nullable"] == true)
        };
        object.required.contains(name) && !is_nullable(name) && !self.is_one_way(object, name)
    }

    /// Whether a property is `readOnly` or `writeOnly`, so that requests or responses omit it.
    fn is_one_way(&self, object: &Object, name: &str) -> bool {
        let schema = object.properties.get(name);
        schema.is_some_and(|schema| {
            self.has_flag(schema, "readOnly") || self.has_flag(schema, "writeOnly")
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
        let mut inner = target.into_iter().chain(members(schema, "allOf"));
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
                    "properties": object.properties.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect::<Map<_, _>>(),
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

/// Returns the name of a component schema, or a short description of an inline schema.
fn describe(schema: &Value) -> String {
    let name = referenced_name(schema).or_else(|| schema["title"].as_str().map(str::to_owned));
    name.unwrap_or_else(|| {
        schema["type"]
            .as_str()
            .map_or_else(|| "{…}".to_owned(), |kind| format!("{kind} without a name"))
    })
}

fn members<'v>(schema: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    schema[key].as_array().into_iter().flatten()
}

/// Whether a schema has only keywords that restrict values, and no properties.
fn is_restriction(schema: &Value) -> bool {
    let is_limit =
        |key: &String| key == "required" || matches!(role(key), Some(Role::Limit | Role::Prose));
    schema
        .as_object()
        .is_some_and(|schema| !schema.is_empty() && schema.keys().all(is_limit))
}

/// Returns the shapes of a schema without its combinations.
fn own(schema: &Value) -> Result<Vec<Shape>, String> {
    let values: Vec<&Value> = members(schema, "enum")
        .filter(|value| !value.is_null())
        .collect();
    let has = |key: &str| schema.get(key).is_some();
    if has("enum") && values.is_empty() {
        return Ok(vec![Shape::Null]);
    }
    let fits = |value: &&&Value| match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer" | "number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    let wrong: Vec<String> = values
        .iter()
        .filter(|value| !fits(value))
        .map(|value| value.to_string())
        .collect();
    if !wrong.is_empty() {
        return Err(format!(
            "the values `{}` are not of the type {} beside them",
            wrong.join("`, `"),
            schema["type"]
        ));
    }
    let texts: BTreeSet<String> = values
        .iter()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    let kind = match schema["type"].as_str() {
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
        Some("object") => Shape::Object(Object {
            properties: schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), schema.clone()))
                .collect(),
            required: members(schema, "required")
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            additional: schema
                .get("additionalProperties")
                .filter(|value| value.is_object())
                .cloned(),
            closed: schema.get("additionalProperties") == Some(&json!(false)),
        }),
        _ if has("enum") => return Ok(by_type(&values, texts)),
        _ => Shape::Any,
    }])
}

/// Returns one shape for each type of the values of an enum without a type.
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

/// Whether a value is an integer beyond 2^53, the limit up to which f64 contains all integers.
fn is_inexact(value: &Value) -> bool {
    let signed = value.as_i64().map(i64::unsigned_abs);
    signed
        .or(value.as_u64())
        .is_some_and(|integer| integer > 1 << 53)
}

/// Returns the format of the Rust type that contains all values of an integer.
fn integer_format(schema: &Value, values: &[&Value]) -> Result<&'static str, String> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (minimum, maximum) = (bound("minimum"), bound("maximum"));
    // A limit of 64 bits is often rounded to 9223372036854776000, which is 2^63 as a float.
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

/// Combines each alternative of one list with each of the other.
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

/// Returns an object type that can hold the properties of both objects.
fn superset(a: &Object, b: &Object) -> Object {
    let either = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) if a != b => Some(json!({ "anyOf": [a, b] })),
        (a, b) => a.or(b).cloned(),
    };
    let names = a.properties.keys().chain(b.properties.keys());
    fn property<'o>(object: &'o Object, name: &String) -> Option<&'o Value> {
        object.properties.get(name).or(object.additional.as_ref())
    }
    Object {
        properties: names
            .filter_map(|name| Some((name.clone(), either(property(a, name), property(b, name))?)))
            .collect(),
        required: a.required.intersection(&b.required).cloned().collect(),
        additional: either(a.additional.as_ref(), b.additional.as_ref()),
        closed: a.closed && b.closed,
    }
}

/// Returns a schema that requires two schemas.
fn both(a: &Value, b: &Value) -> Value {
    match (a, b) {
        _ if a == b => a.clone(),
        _ if *a == json!({}) => b.clone(),
        _ if *b == json!({}) => a.clone(),
        _ => json!({ "allOf": [a, b] }),
    }
}
