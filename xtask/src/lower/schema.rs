//! The rules for one schema. Its inner schemas have been lowered before it.

use serde_json::{Map, Value, json};

use super::{Findings, combine};
use crate::{
    problem::{Note, Problem},
    tree::{self, Child, Kind, Pointer},
};

type Object = Map<String, Value>;

/// What a schema of OpenAPI 3.0.3 may say and a client may use.
const KEPT: [&str; 31] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "enum",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// Keywords that no rule needs and that say nothing of the data; dropped without a note.
const SILENT: [&str; 12] = [
    "$anchor",
    "$comment",
    "$id",
    "$schema",
    "$vocabulary",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "externalDocs",
    "readOnly",
    "xml",
    "$defs",
    "definitions",
];

/// Formats of OpenAPI 3.0.3; others are annotations that only some tools know.
const FORMATS: [(&str, &[&str]); 3] = [
    ("integer", &["int32", "int64"]),
    ("number", &["float", "double"]),
    (
        "string",
        &["byte", "binary", "date", "date-time", "password"],
    ),
];

/// Applies every rule to a schema.
pub(super) fn lower(value: &mut Value, at: &Pointer, findings: &mut Findings) {
    let schema = match value {
        Value::Object(schema) => schema,
        // Whoever holds it knows what it means there.
        Value::Bool(_) => return,
        other => {
            findings.problems.push(Problem::new(
                at,
                format!("a schema is expected here, not {other}"),
                "repair it by an action in openapi/overlay.yaml",
            ));
            return;
        }
    };
    recursive_reference(schema, at, findings);
    booleans(schema, at, findings);
    if schema.contains_key("$ref") {
        reference_siblings(schema, at, findings);
        return;
    }
    default_null(schema, at, findings);
    constant(schema);
    combine::type_array(schema);
    nulls_in_enum(schema);
    combine::unions(schema);
    if schema.contains_key("$ref") {
        // It was a combination of one reference.
        return;
    }
    null_type(schema);
    for (limit, exclusive, tighter) in [
        ("minimum", "exclusiveMinimum", i64::from(true)),
        ("maximum", "exclusiveMaximum", -1),
    ] {
        exclusive_limit(schema, limit, exclusive, tighter > 0);
    }
    combine::prefix_items(schema, at, findings);
    pattern_properties(schema, at, findings);
    contents(schema);
    format(schema, at, findings);
    examples(schema);
    negation(schema, at, findings);
    required(schema);
    if schema.get("nullable") == Some(&json!(false)) {
        schema.remove("nullable");
    }
    drop_unknown(schema, at, findings);
}

/// `true` says anything, which 3.0 writes as `{}`; `false` says nothing at all.
pub(super) fn booleans(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    for (key, value) in schema.iter_mut() {
        match (tree::child(Kind::Schema, key), value) {
            // It is the one keyword of 3.0 that takes a boolean.
            _ if key == "additionalProperties" => {}
            (Child::One(_), value) if *value == json!(true) => *value = json!({}),
            (Child::List(_), Value::Array(list)) => any_schema(list.iter_mut()),
            (Child::Map(_), Value::Object(map)) if key == "properties" => {
                any_schema(map.values_mut());
                map.retain(|name, property| {
                    let keep = *property != json!(false);
                    if !keep {
                        let at = at.join("properties").join(name);
                        findings.notes.push(Note::new(
                            "boolean",
                            &at,
                            "dropped: it may never be present",
                        ));
                    }
                    keep
                });
            }
            _ => {}
        }
    }
    for key in ["items", "not"] {
        // An array without items is still an array; `not: false` forbids nothing.
        // Beside positions, `items: false` ends the array: that rule sees to it.
        let tuple = key == "items" && schema.contains_key("prefixItems");
        if schema.get(key) == Some(&json!(false)) && !tuple {
            schema.remove(key);
            if key == "items" {
                schema.insert("maxItems".to_owned(), json!(0));
            }
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let Some(Value::Array(list)) = schema.get_mut(key) else {
            continue;
        };
        if key != "allOf" {
            list.retain(|member| *member != json!(false));
        }
        if list.is_empty() || list.contains(&json!(false)) {
            findings.problems.push(Problem::new(
                &at.join(key),
                "nothing can satisfy this schema",
                "replace or remove it by an action in openapi/overlay.yaml",
            ));
            schema.remove(key);
        }
    }
}

fn any_schema<'a>(values: impl Iterator<Item = &'a mut Value>) {
    for value in values {
        if *value == json!(true) {
            *value = json!({});
        }
    }
}

/// `$recursiveRef: "#"` means the outermost schema around it, which has a name.
fn recursive_reference(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    for key in ["$recursiveRef", "$dynamicRef"] {
        let Some(reference) = schema.remove(key) else {
            continue;
        };
        match at.keys() {
            [components, schemas, name, ..]
                if reference == "#" && components == "components" && schemas == "schemas" =>
            {
                schema.insert("$ref".to_owned(), json!(super::rename::reference_to(name)));
            }
            _ => findings.problems.push(Problem::new(
                at,
                format!("{key} {reference} has no meaning in OpenAPI 3.0"),
                "write a plain $ref to a named schema in openapi/overlay.yaml",
            )),
        }
    }
}

/// OpenAPI 3.0 ignores what stands beside a `$ref`; what counts moves around it.
fn reference_siblings(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let mut siblings = std::mem::take(schema);
    let reference = json!({ "$ref": siblings.remove("$ref") });
    siblings.retain(|key, value| {
        let kept = KEPT.contains(&key.as_str());
        kept && !(key == "nullable" && *value == json!(false))
    });
    if siblings.remove("type").is_some() {
        findings.notes.push(Note::new(
            "$ref",
            at,
            "dropped `type` beside it: its target has one",
        ));
    }
    if siblings.get("default") == Some(&Value::Null) {
        siblings.remove("default");
    }
    let annotation = |key: &str| {
        matches!(
            key,
            "nullable" | "description" | "title" | "default" | "deprecated" | "example"
        )
    };
    let rules: Object = siblings
        .iter()
        .filter(|(key, _)| !annotation(key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    siblings.retain(|key, _| annotation(key));
    let mut members = vec![reference];
    if !rules.is_empty() {
        members.push(Value::Object(rules));
    }
    *schema = siblings;
    match (schema.is_empty(), members.as_slice()) {
        (true, [Value::Object(reference)]) => *schema = reference.clone(),
        _ => {
            schema.insert("allOf".to_owned(), Value::Array(members));
        }
    }
}

/// `const` is an enum of one value.
fn constant(schema: &mut Object) {
    if let Some(value) = schema.remove("const") {
        schema.entry("enum").or_insert_with(|| json!([value]));
    }
}

/// A null among an enum's values is nullability.
fn nulls_in_enum(schema: &mut Object) {
    let Some(Value::Array(values)) = schema.get_mut("enum") else {
        return;
    };
    let before = values.len();
    values.retain(|value| !value.is_null());
    if values.len() == before {
        return;
    }
    if values.is_empty() {
        *schema = combine::null();
    } else {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// `type: null` alone.
fn null_type(schema: &mut Object) {
    if schema.get("type") == Some(&json!("null")) {
        *schema = combine::null();
    }
}

/// A default of null is no default.
fn default_null(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
        findings
            .notes
            .push(Note::new("default", at, "dropped a default of null"));
    }
}

/// 3.1 says `exclusiveMinimum: 3`, 3.0 `minimum: 3, exclusiveMinimum: true`.
fn exclusive_limit(schema: &mut Object, limit: &str, exclusive: &str, lower: bool) {
    let Some(bound) = schema
        .get(exclusive)
        .filter(|value| value.is_number())
        .cloned()
    else {
        if schema.get(exclusive) == Some(&json!(false)) {
            schema.remove(exclusive);
        }
        return;
    };
    let inclusive = schema.get(limit).and_then(Value::as_f64);
    let tighter = match (inclusive, bound.as_f64()) {
        (Some(inclusive), Some(bound)) if lower => inclusive > bound,
        (Some(inclusive), Some(bound)) => inclusive < bound,
        _ => false,
    };
    if tighter {
        schema.remove(exclusive);
    } else {
        schema.insert(limit.to_owned(), bound);
        schema.insert(exclusive.to_owned(), json!(true));
    }
}

/// Names that follow a pattern become names of any kind.
fn pattern_properties(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.remove("propertyNames").is_some() {
        findings.notes.push(Note::new(
            "propertyNames",
            at,
            "dropped: the server checks the names",
        ));
    }
    let Some(Value::Object(patterns)) = schema.remove("patternProperties") else {
        return;
    };
    let open = !matches!(
        schema.get("additionalProperties"),
        None | Some(Value::Bool(false))
    );
    let mut values = patterns.into_iter().map(|(_, value)| value);
    let first = values.next().unwrap_or_else(|| json!({}));
    let one = values.all(|value| value == first);
    let value = if one && !open { first } else { json!({}) };
    schema.insert("additionalProperties".to_owned(), value);
    findings.notes.push(Note::new(
        "patternProperties",
        at,
        "became additionalProperties: the server checks the names",
    ));
}

/// 3.1 describes bytes by encoding and media type, 3.0 by format.
fn contents(schema: &mut Object) {
    let encoding = schema.remove("contentEncoding");
    let media = schema.remove("contentMediaType");
    schema.remove("contentSchema");
    let format = match (
        encoding.as_ref().and_then(Value::as_str),
        media.as_ref().and_then(Value::as_str),
    ) {
        (Some("base64" | "base64url"), _) => "byte",
        (None, Some("application/octet-stream")) => "binary",
        _ => return,
    };
    schema.entry("type").or_insert_with(|| json!("string"));
    schema.entry("format").or_insert_with(|| json!(format));
}

/// A format that OpenAPI 3.0 does not define changes no type.
fn format(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(Value::String(format)) = schema.get("format") else {
        return;
    };
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known = FORMATS
        .iter()
        .any(|(name, formats)| *name == kind && formats.contains(&format.as_str()));
    if !known {
        let what = format!("dropped `{format}`, which OpenAPI 3.0 does not define for {kind}");
        findings.notes.push(Note::new(
            "format",
            at,
            what.trim_end_matches(" for ").to_owned(),
        ));
        schema.remove("format");
    }
}

/// 3.0 has room for one example.
fn examples(schema: &mut Object) {
    if let Some(Value::Array(examples)) = schema.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        schema.entry("example").or_insert(first);
    }
}

/// What something is not has no type; only the form of an identifier is kept.
fn negation(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.contains_key("not") && !super::is_id(&Value::Object(schema.clone())) {
        schema.remove("not");
        findings
            .notes
            .push(Note::new("not", at, "dropped: the server checks it"));
    }
}

/// The order of required names has no meaning.
fn required(schema: &mut Object) {
    let Some(Value::Array(names)) = schema.get_mut("required") else {
        return;
    };
    names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    names.dedup();
    if names.is_empty() {
        schema.remove("required");
    }
}

fn drop_unknown(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    schema.retain(|key, _| {
        let keep = KEPT.contains(&key.as_str());
        if !keep && !SILENT.contains(&key.as_str()) && !key.starts_with("x-") {
            findings.notes.push(Note::new(
                "keyword",
                at,
                format!("dropped `{key}`, which OpenAPI 3.0 does not have"),
            ));
        }
        keep
    });
}
