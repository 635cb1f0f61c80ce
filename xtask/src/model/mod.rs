//! Rewrites a lowered document into the constructs that progenitor translates correctly.
//!
//! References and combinations of schemas become objects and unions. Every struct and enum becomes a
//! component schema with a unique name, because typify merges types of the same name silently. Limits
//! of values are omitted: the server checks them, and may relax them without breaking users.

pub(crate) mod operation;
pub(crate) mod shapes;
mod union;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use self::shapes::{Object, Shape, Shapes};
use crate::{
    keywords::{COMBINATIONS, RUST_TYPE},
    names,
    problem::{Findings, Problem},
    reference::{Pointer, reference_to},
    schema::{only, sole_keyword, sole_reference},
    tree::{entries, operations, schemas, text},
};

/// Maximum nesting of a schema. Combining schemas copies them, so the copies of a recursive schema
/// could nest endlessly.
const MAX_DEPTH: usize = 64;

const REMEDY: &str = "use an action in openapi/overlay.yaml to replace the schema";

/// The document for progenitor.
pub(crate) struct Model {
    pub(crate) document: Value,
    /// Path of each hand-written type, by the name of the generated type that the hand-written type
    /// replaces.
    pub(crate) replaced: BTreeMap<String, String>,
    /// Names of the schemas that become structs.
    pub(crate) structs: Vec<String>,
    /// Problems of the schemas.
    pub(crate) problems: Vec<Problem>,
}

impl Model {
    pub(crate) fn new(document: &Value) -> Self {
        let mut builder = Builder {
            shapes: Shapes::of(document),
            names: BTreeMap::new(),
            taken: names::RESERVED.into_iter().map(str::to_owned).collect(),
            types: Map::new(),
            findings: Findings::default(),
            open: Vec::new(),
        };
        for (name, _) in entries(schemas(document)) {
            let pascal = names::pascal(name);
            if let Some((first, _)) = builder.names.iter().find(|(_, other)| **other == pascal) {
                builder.findings.problem(
                    &Pointer::of(["components", "schemas", name]),
                    format!("its name in Rust, {pascal}, is already the name of the schema {first}"),
                    "give one of the two schemas an x-rust-name by an action in openapi/overlay.yaml",
                );
            }
            let unique = builder.unique(name);
            builder.names.insert(name.clone(), unique);
        }
        let mut replaced = BTreeMap::new();
        let (requests, responses) = (only(document, "requestBody"), only(document, "responses"));
        for (name, schema) in entries(schemas(document)) {
            let part = Part {
                base: builder.names[name].clone(),
                at: Pointer::of(["components", "schemas", name]),
                in_request: schemas(&requests).get(name).is_some(),
                in_response: schemas(&responses).get(name).is_some(),
            };
            if let Some(path) = schema[RUST_TYPE].as_str() {
                replaced.insert(part.base.clone(), path.to_owned());
            }
            let schema = builder.build(schema, &part);
            builder.types.insert(part.base, schema);
        }
        let mut spec = json!({"openapi": "3.0.3", "info": document["info"], "paths": {}});
        for (at, operation) in operations(document) {
            let operation = builder.operation(operation, &at);
            spec["paths"][&at.keys()[1]][&at.keys()[2]] = operation;
        }
        let is_struct = |(_, schema): &(&String, &Value)| schema.get("properties").is_some();
        let structs = builder.types.iter().filter(is_struct);
        let structs = structs.map(|(name, _)| name.clone()).collect();
        spec["components"] = json!({ "schemas": builder.types });
        Self {
            document: spec,
            replaced,
            structs,
            problems: builder.findings.problems,
        }
    }
}

struct Builder<'a> {
    shapes: Shapes<'a>,
    /// Rust name of each component schema.
    names: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Finished component schemas by Rust name.
    types: Map<String, Value>,
    findings: Findings,
    /// Combined schemas under construction, with their Rust names and whether they are recursive.
    open: Vec<(Value, String, bool)>,
}

/// A schema with its location and its Rust name.
#[derive(Clone)]
struct Part {
    /// Rust name of the type, if it needs one.
    base: String,
    at: Pointer,
    in_request: bool,
    in_response: bool,
}

impl Part {
    /// Returns the part for an inner schema. `suffix` is added to the Rust name.
    fn inner(&self, suffix: &str, keys: &[&str]) -> Self {
        let base = self.base.clone() + suffix;
        let at = keys.iter().fold(self.at.clone(), |at, key| at.join(key));
        Self { base, at, ..*self }
    }
}

impl Builder<'_> {
    /// Returns the schema for progenitor. A struct or an enum becomes a component schema.
    fn schema(&mut self, schema: &Value, part: &Part) -> Value {
        let is_combination = |key: &&str| schema.get(*key).is_some();
        if !COMBINATIONS.iter().any(is_combination) || sole_reference(schema).is_some() {
            let result = self.build(schema, part);
            return match is_named(&result) {
                true => self.add_type(&part.base, result),
                false => result,
            };
        }
        // Combining copies the members, so a recursive schema would be expanded endlessly.
        if let Some((_, name, is_used)) = self.open.iter_mut().find(|(open, ..)| open == schema) {
            *is_used = true;
            let reference = json!({ "$ref": reference_to(name) });
            return nullable_if(schema["nullable"] == true, reference);
        }
        let name = self.unique(&part.base);
        self.open.push((schema.clone(), name.clone(), false));
        let result = self.build(schema, part);
        let is_used = self.open.pop().is_some_and(|(.., is_used)| is_used);
        self.taken.remove(&name);
        match is_used || is_named(&result) {
            true => self.add_type(&name, result),
            false => result,
        }
    }

    fn add_type(&mut self, base: &str, mut schema: Value) -> Value {
        let name = self.unique(base);
        let is_nullable = take(&mut schema, "nullable").is_some();
        self.types.insert(name.clone(), schema);
        nullable_if(is_nullable, json!({ "$ref": reference_to(&name) }))
    }

    fn unique(&mut self, base: &str) -> String {
        names::unique(&names::pascal(base), |name| {
            self.taken.insert(name.to_owned())
        })
    }

    /// Returns the definition of a type.
    fn build(&mut self, schema: &Value, part: &Part) -> Value {
        let mut result = self.definition(schema, part).unwrap_or_else(|reason| {
            self.findings.problem(&part.at, reason, REMEDY);
            json!({})
        });
        let is_nullable = schema["nullable"] == true && result != json!({});
        result = nullable_if(is_nullable, result);
        if let (Some(description), None) = (schema.get("description"), result.get("$ref")) {
            result["description"] = description.clone();
        }
        result
    }

    fn definition(&mut self, schema: &Value, part: &Part) -> Result<Value, String> {
        if part.at.keys().len() > MAX_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        if let Some(name) = sole_reference(schema) {
            let name = self.names.get(&name).cloned().unwrap_or(name);
            let reference = json!({ "$ref": reference_to(&name) });
            return Ok(match schema.get("description") {
                Some(_) => json!({ "allOf": [reference] }),
                None => reference,
            });
        }
        let members = match union(schema) {
            Some(members) => members.clone(),
            None => match self.shapes.alternatives(schema)?.as_slice() {
                [shape] => return Ok(self.shape(shape, part)),
                shapes => shapes.iter().map(Shape::schema).collect(),
            },
        };
        let mut result: Vec<Value> = Vec::new();
        let members = self.shapes.union(&members, schema.get("oneOf").is_none())?;
        for (index, member) in members.iter().enumerate() {
            let title = member["title"].as_str().map(names::pascal);
            let suffix = title.unwrap_or_else(|| format!("Variant{index}"));
            let mut member = self.schema(member, &part.inner(&suffix, &[]));
            take(&mut member, "description");
            if !result.contains(&member) {
                result.push(member);
            }
        }
        Ok(match result.as_slice() {
            [one] => one.clone(),
            _ if result.contains(&json!({})) => json!({}),
            _ => json!({ "oneOf": result }),
        })
    }

    fn shape(&mut self, shape: &Shape, part: &Part) -> Value {
        match shape {
            Shape::Array(items) => {
                json!({"type": "array", "items": self.schema(items, &part.inner("Item", &["items"]))})
            }
            Shape::Object(object) => self.object(object, part),
            Shape::Text(Some(values)) => {
                self.check_values(values, &part.at);
                shape.schema()
            }
            other => other.schema(),
        }
    }

    fn object(&mut self, object: &Object, part: &Part) -> Value {
        let mut schema = json!({"type": "object"});
        if let Some(additional) = &object.additional {
            let part = part.inner("Value", &["additionalProperties"]);
            schema["additionalProperties"] = self.schema(additional, &part);
        }
        if object.properties.is_empty() && object.required.is_empty() {
            return schema;
        }
        self.check_properties(object, &part.at);
        let is_omitted = |name: &str| {
            let property = object.properties.get(name);
            let flag = |flag| property.is_some_and(|property| self.shapes.has_flag(property, flag));
            part.in_request && flag("readOnly") || part.in_response && flag("writeOnly")
        };
        let required = object.required.iter().filter(|name| !is_omitted(name));
        let required: BTreeSet<&String> = required.collect();
        schema["required"] = json!(required);
        schema["properties"] = json!({});
        for (name, property) in &object.properties {
            let part = part.inner(&names::pascal(name), &["properties", name]);
            let mut property = self.schema(property, &part);
            // For an optional list or map, typify generates an `Option` only if the type is named
            // or nullable. Without an `Option`, an empty list or map would be omitted.
            let is_null = property["enum"] == json!([null]);
            let is_collection = matches!(text(&property["type"]), "array" | "object");
            let is_plain = is_collection && property["nullable"] != true;
            if (is_null || is_plain) && !required.contains(name) {
                let description = take(&mut property, "description");
                property = self.add_type(&part.base, property);
                if let Some(description) = description {
                    property = json!({"allOf": [property], "description": description});
                }
            }
            schema["properties"][name] = property;
        }
        schema
    }

    fn check_properties(&mut self, object: &Object, at: &Pointer) {
        let mut fields = BTreeMap::new();
        if object.additional.is_some() {
            fields.insert("extra".to_owned(), "the field of additional properties");
        }
        for name in object.properties.keys() {
            let field = names::snake(name);
            if let Some(first) = fields.insert(field.clone(), name) {
                let reason = format!("its name in Rust, {field}, is already the name of {first}");
                let remedy =
                    "remove one of the two properties by an action in openapi/overlay.yaml";
                self.findings
                    .problem(&at.join("properties").join(name), reason, remedy);
            }
        }
    }

    /// Checks that typify can give the values of an enum distinct names.
    fn check_values(&mut self, values: &BTreeSet<String>, at: &Pointer) {
        let same = |spelling: fn(&str) -> String| -> Vec<&str> {
            let has_twin =
                |a: &&String| values.iter().any(|b| *a != b && spelling(a) == spelling(b));
            values.iter().filter(has_twin).map(String::as_str).collect()
        };
        let marked = same(|value| names::pascal(&names::mark_dropped(value)));
        if !same(names::pascal).is_empty() && !marked.is_empty() {
            let marked = marked.join("`, `");
            let reason = format!("the values `{marked}` have the same name in Rust");
            let remedy = "remove `enum` by an action in openapi/overlay.yaml";
            self.findings.problem(&at.join("enum"), reason, remedy);
        }
    }
}

/// Whether typify generates a struct or an enum for the schema.
fn is_named(schema: &Value) -> bool {
    let is_enum = schema.get("enum").is_some() && schema["type"] == "string";
    is_enum || schema.get("oneOf").is_some() || schema.get("properties").is_some()
}

/// Returns the members of a union if no other keyword determines the type.
fn union(schema: &Value) -> Option<&Vec<Value>> {
    let (key, members) = sole_keyword(schema)?;
    members
        .as_array()
        .filter(|_| matches!(key, "oneOf" | "anyOf"))
}

/// Removes and returns a keyword.
fn take(schema: &mut Value, key: &str) -> Option<Value> {
    schema.as_object_mut()?.remove(key)
}

/// Returns a schema that also allows null if `condition` is true, and the unchanged schema
/// otherwise.
fn nullable_if(condition: bool, mut schema: Value) -> Value {
    if condition && schema.get("$ref").is_some() {
        schema = json!({ "allOf": [schema] });
    }
    if condition {
        schema["nullable"] = json!(true);
    }
    schema
}
