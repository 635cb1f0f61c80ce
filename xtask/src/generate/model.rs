//! Rewrites a lowered document into the constructs that progenitor translates correctly.
//!
//! References and combinations of schemas become objects and unions. Every struct and enum becomes a
//! component schema with a unique name, because typify merges types of the same name silently. Limits
//! of values are omitted: the server checks them, and may relax them without breaking users.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    media::{self, Body},
    settings::Settings,
};
use crate::{
    lower::RUST_TYPE,
    names,
    problem::Problem,
    reference::{Pointer, reference_to, referenced_name},
    schema::only,
    shapes::{Object, Shape, Shapes},
    tree::METHODS,
};

const REMEDY: &str = "replace the schema by an action in openapi/overlay.yaml";

/// Names that generated code uses without a path.
const RESERVED: [&str; 23] = [
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Extend",
    "From",
    "Into",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Result",
    "Some",
    "String",
    "ToString",
    "Vec",
];

/// The document for progenitor.
pub(super) struct Model {
    pub(super) document: Value,
    pub(super) settings: Settings,
    /// Problems of the schemas.
    pub(super) problems: Vec<Problem>,
}

impl Model {
    pub(super) fn new(document: &Value) -> Self {
        let schemas = document
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        let mut model = Builder {
            shapes: Shapes::of(document),
            names: BTreeMap::new(),
            taken: RESERVED.into_iter().map(str::to_owned).collect(),
            types: Map::new(),
            problems: Vec::new(),
        };
        for name in schemas.into_iter().flat_map(Map::keys) {
            let unique = model.unique(&names::pascal(name));
            model.names.insert(name.clone(), unique);
        }
        let mut replaced = BTreeMap::new();
        let used = |part: &str| {
            only(document, part)
                .pointer("/components/schemas")
                .cloned()
                .unwrap_or_default()
        };
        let (requests, responses) = (used("requestBody"), used("responses"));
        for (name, schema) in schemas.into_iter().flatten() {
            let at = Pointer::of(["components", "schemas", name]);
            let direction = Direction {
                request: requests.get(name).is_some(),
                response: responses.get(name).is_some(),
            };
            let unique = model.names[name].clone();
            let schema = match schema[RUST_TYPE].as_str() {
                Some(path) => {
                    replaced.insert(unique.clone(), path.to_owned());
                    json!({"type": "string"})
                }
                None => model.build(schema, &unique, direction, &at),
            };
            model.types.insert(unique, schema);
        }
        let mut paths = Map::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for method in METHODS
                .into_iter()
                .filter(|method| item.get(method).is_some())
            {
                let at = Pointer::of(["paths", path, method]);
                paths.entry(path.clone()).or_insert_with(|| json!({}))[method] =
                    model.operation(&item[method], &at);
            }
        }
        let structs = model
            .types
            .iter()
            .filter(|(_, schema)| schema.get("properties").is_some());
        let settings = Settings {
            structs: structs.map(|(name, _)| name.clone()).collect(),
            replaced,
        };
        let document = json!({
            "openapi": "3.0.3",
            "info": document["info"],
            "paths": paths,
            "components": {"schemas": model.types},
        });
        Self {
            document,
            settings,
            problems: model.problems,
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
    problems: Vec<Problem>,
}

/// Whether a schema occurs in requests, in responses or in both.
#[derive(Clone, Copy)]
struct Direction {
    request: bool,
    response: bool,
}

const REQUEST: Direction = Direction {
    request: true,
    response: false,
};
const RESPONSE: Direction = Direction {
    request: false,
    response: true,
};

impl Builder<'_> {
    fn operation(&mut self, operation: &Value, at: &Pointer) -> Value {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let base = names::pascal(id);
        let mut result = Map::new();
        for key in ["operationId", "summary", "description"] {
            if let Some(value) = operation.get(key) {
                result.insert(key.to_owned(), value.clone());
            }
        }
        let mut parameters = Vec::new();
        for (index, parameter) in operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let mut parameter = parameter.clone();
            let name = names::pascal(parameter["name"].as_str().unwrap_or_default());
            let at = at
                .join("parameters")
                .join(&index.to_string())
                .join("schema");
            let mut schema =
                self.schema(&parameter["schema"], &(base.clone() + &name), REQUEST, &at);
            if let Some(schema) = schema.as_object_mut() {
                // A parameter cannot be null. An optional one is omitted.
                schema.remove("nullable");
            }
            parameter["schema"] = schema;
            parameters.push(parameter);
        }
        result.insert("parameters".to_owned(), Value::Array(parameters));
        if let Some(body) = operation.get("requestBody") {
            let body = self.body(body, &base, &at.join("requestBody").join("content"));
            result.insert("requestBody".to_owned(), body);
        }
        result.insert(
            "responses".to_owned(),
            self.responses(&operation["responses"], &base, &at.join("responses")),
        );
        Value::Object(result)
    }

    fn body(&mut self, body: &Value, base: &str, at: &Pointer) -> Value {
        let mut content = Map::new();
        for (name, media) in body["content"].as_object().into_iter().flatten() {
            let schema = match media::body(name) {
                Some(Body::Bytes) => json!({"type": "string", "format": "binary"}),
                Some(Body::Text) => json!({"type": "string"}),
                Some(Body::Json | Body::Form) | None => {
                    let at = at.join(name).join("schema");
                    let mut schema =
                        self.schema(&media["schema"], &format!("{base}Body"), REQUEST, &at);
                    let optional =
                        body["required"] != true && media::body(name) == Some(Body::Json);
                    // The hooks omit a body that is null.
                    if optional && schema != json!({}) {
                        schema = nullable(schema);
                    } else if schema["nullable"] == true {
                        self.problem(
                            &at,
                            "a required body that may be null cannot be distinguished from no body",
                            "make it non-nullable by an action in openapi/overlay.yaml",
                        );
                    }
                    schema
                }
            };
            content.insert(name.clone(), json!({ "schema": schema }));
        }
        json!({"required": true, "description": body["description"].as_str().unwrap_or_default(), "content": content})
    }

    fn responses(&mut self, responses: &Value, base: &str, at: &Pointer) -> Value {
        let mut result = Map::new();
        // Equal schemas must become one type, because an operation has one result type.
        let mut done: Vec<(Value, Value)> = Vec::new();
        for (status, response) in responses.as_object().into_iter().flatten() {
            let mut content = Map::new();
            for (name, media) in response["content"].as_object().into_iter().flatten() {
                let mut schema = json!({});
                if media::is_json(name) {
                    let known = done.iter().find(|(before, _)| *before == media["schema"]);
                    schema = match known {
                        Some((_, schema)) => schema.clone(),
                        None => {
                            let at = at.join(status).join("content").join(name).join("schema");
                            self.schema(&media["schema"], &format!("{base}Response"), RESPONSE, &at)
                        }
                    };
                    done.push((media["schema"].clone(), schema.clone()));
                }
                content.insert(name.clone(), json!({ "schema": schema }));
            }
            result.insert(
                status.clone(),
                json!({"description": "", "content": content}),
            );
        }
        Value::Object(result)
    }

    /// Returns the schema for progenitor. A struct or an enum becomes a component schema.
    fn schema(&mut self, schema: &Value, base: &str, direction: Direction, at: &Pointer) -> Value {
        let mut result = self.build(schema, base, direction, at);
        let is_named = result.get("enum").is_some() && result["type"] == "string"
            || result.get("oneOf").is_some()
            || result.get("properties").is_some();
        if !is_named {
            return result;
        }
        let null = result
            .as_object_mut()
            .and_then(|result| result.remove("nullable"));
        let reference = self.add_type(base, result);
        if null.is_some() {
            nullable(reference)
        } else {
            reference
        }
    }

    fn add_type(&mut self, base: &str, schema: Value) -> Value {
        let name = self.unique(base);
        self.types.insert(name.clone(), schema);
        json!({ "$ref": reference_to(&name) })
    }

    fn unique(&mut self, base: &str) -> String {
        let base = names::pascal(base);
        let mut name = base.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{base}{number}");
            number += 1;
        }
        name
    }

    /// Returns the definition of a type.
    fn build(&mut self, schema: &Value, base: &str, direction: Direction, at: &Pointer) -> Value {
        let mut result = match self.definition(schema, base, direction, at) {
            Ok(result) => result,
            Err(reason) => {
                self.problem(at, reason, REMEDY);
                json!({})
            }
        };
        if schema["nullable"] == true && result != json!({}) {
            result = nullable(result);
        }
        if let (Some(description), None) = (schema.get("description"), result.get("$ref")) {
            result["description"] = description.clone();
        }
        result
    }

    fn definition(
        &mut self,
        schema: &Value,
        base: &str,
        direction: Direction,
        at: &Pointer,
    ) -> Result<Value, String> {
        if let Some(name) = sole_reference(schema) {
            let name = self.names.get(&name).cloned().unwrap_or(name);
            let reference = json!({ "$ref": reference_to(&name) });
            let described = schema.get("description").is_some();
            return Ok(if described {
                json!({ "allOf": [reference] })
            } else {
                reference
            });
        }
        let members = match union(schema) {
            Some(members) => members.clone(),
            None => self
                .shapes
                .alternatives(schema)?
                .iter()
                .map(Shape::schema)
                .collect(),
        };
        if let [member] = members.as_slice()
            && union(schema).is_none()
        {
            let shape = self.shapes.alternatives(member)?;
            return Ok(match shape.as_slice() {
                [shape] => self.shape(shape, base, direction, at),
                _ => json!({}),
            });
        }
        let members = self.shapes.union(&members, schema.get("oneOf").is_none())?;
        let mut result: Vec<Value> = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let suffix = member["title"]
                .as_str()
                .map_or_else(|| format!("Variant{index}"), names::pascal);
            let mut member = self.schema(member, &(base.to_owned() + &suffix), direction, at);
            if let Some(member) = member.as_object_mut() {
                member.remove("description");
            }
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

    fn shape(&mut self, shape: &Shape, base: &str, direction: Direction, at: &Pointer) -> Value {
        match shape {
            Shape::Array(items) => {
                let items =
                    self.schema(items, &format!("{base}Item"), direction, &at.join("items"));
                json!({"type": "array", "items": items})
            }
            Shape::Object(object) => self.object(object, base, direction, at),
            Shape::Text(Some(values)) => {
                self.check_values(values, at);
                shape.schema()
            }
            other => other.schema(),
        }
    }

    fn object(&mut self, object: &Object, base: &str, direction: Direction, at: &Pointer) -> Value {
        let mut schema = json!({"type": "object"});
        if let Some(additional) = &object.additional {
            let at = at.join("additionalProperties");
            schema["additionalProperties"] =
                self.schema(additional, &format!("{base}Value"), direction, &at);
        }
        if object.properties.is_empty() && object.required.is_empty() {
            return schema;
        }
        self.check_properties(object, at);
        let omitted = |name: &str| {
            object.properties.get(name).is_some_and(|property| {
                direction.request && self.shapes.has_flag(property, "readOnly")
                    || direction.response && self.shapes.has_flag(property, "writeOnly")
            })
        };
        let required: BTreeSet<&String> = object
            .required
            .iter()
            .filter(|name| !omitted(name))
            .collect();
        schema["required"] = json!(required);
        schema["properties"] = json!({});
        for (name, property) in &object.properties {
            let base = base.to_owned() + &names::pascal(name);
            let at = at.join("properties").join(name);
            let mut property = self.schema(property, &base, direction, &at);
            // Only a named type becomes an `Option`, which distinguishes an empty list from none.
            let is_null = property["enum"] == json!([null]);
            let is_collection =
                is_null || property["type"] == "array" || property["type"] == "object";
            if is_collection
                && (is_null || property["nullable"] != true)
                && !required.contains(name)
            {
                let description = property
                    .as_object_mut()
                    .and_then(|property| property.remove("description"));
                property = self.add_type(&base, property);
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
            fields.insert("extra".to_owned(), "the field of the additional properties");
        }
        for name in object.properties.keys() {
            if let Some(first) = fields.insert(names::snake(name), name) {
                let reason = format!(
                    "its name in Rust, {}, is also the name of {first}",
                    names::snake(name)
                );
                let at = at.join("properties").join(name);
                self.problem(
                    &at,
                    reason,
                    "remove one of them by an action in openapi/overlay.yaml",
                );
            }
        }
    }

    /// Checks that typify finds distinct names for the values of an enum. It tries two spellings.
    fn check_values(&mut self, values: &BTreeSet<String>, at: &Pointer) {
        let same = |spelling: fn(&str) -> String| {
            let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for value in values {
                by_name.entry(spelling(value)).or_default().push(value);
            }
            by_name.retain(|_, values| values.len() > 1);
            by_name.into_values().flatten().collect::<Vec<_>>()
        };
        let marked = same(|value| names::pascal(&names::mark_dropped(value)));
        if !same(names::pascal).is_empty() && !marked.is_empty() {
            let reason = format!(
                "the values `{}` have the same name in Rust",
                marked.join("`, `")
            );
            self.problem(
                &at.join("enum"),
                reason,
                "remove `enum` by an action in openapi/overlay.yaml, so that the value is a string",
            );
        }
    }

    fn problem(&mut self, at: &Pointer, reason: impl Into<String>, remedy: &str) {
        self.problems.push(Problem::new(at, reason, remedy));
    }
}

/// Returns the members of a union without other keywords that determine the type.
fn union(schema: &Value) -> Option<&Vec<Value>> {
    let mut members = None;
    for (key, value) in schema.as_object()? {
        match key.as_str() {
            "oneOf" | "anyOf" if members.is_none() => members = value.as_array(),
            key if is_annotation(key) => {}
            _ => return None,
        }
    }
    members
}

/// Returns the name of the component schema if the schema is a reference with annotations.
fn sole_reference(schema: &Value) -> Option<String> {
    if let Some(name) = referenced_name(schema) {
        return Some(name);
    }
    let [member] = schema["allOf"].as_array()?.as_slice() else {
        return None;
    };
    let only = schema
        .as_object()?
        .keys()
        .all(|key| key == "allOf" || is_annotation(key));
    referenced_name(member).filter(|_| only)
}

fn is_annotation(key: &str) -> bool {
    use crate::keywords::{Role, role};
    key == "nullable"
        || matches!(
            role(key),
            Some(Role::Prose | Role::Annotation | Role::Limit)
        )
}

/// Returns a schema that also allows null.
fn nullable(mut schema: Value) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"allOf": [schema], "nullable": true});
    }
    schema["nullable"] = json!(true);
    schema
}
