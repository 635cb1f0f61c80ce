//! Rules for one schema. Its inner schemas are lowered before it.

use serde_json::{Map, Value, json};

use super::{combine, findings::Findings, limits, malformed, object, value};
use crate::{
    keywords::{self, Role},
    problem::{Note, Problem},
    reference::{Pointer, reference_to},
    tree::{self, Child, Kind},
};

type Object = Map<String, Value>;

/// Applies all rules to a schema.
pub(super) fn lower(value: &mut Value, at: &Pointer, findings: &mut Findings) {
    let schema = match value {
        Value::Object(schema) => schema,
        // `boolean_schemas` replaces boolean schemas when it visits their parent.
        Value::Bool(_) => return,
        other => {
            findings.problems.push(Problem::new(
                at,
                format!("this must be a schema, not {other}"),
                "repair it by an action in openapi/overlay.yaml",
            ));
            return;
        }
    };
    if !malformed::check(schema, at, findings) {
        return;
    }
    recursive_reference(schema, at, findings);
    booleans(schema, at, findings);
    if schema.contains_key("$ref") {
        reference_siblings(schema, at, findings);
        return;
    }
    value::default_null(schema, at, findings);
    value::constant(schema, at, findings);
    combine::type_array(schema, &mut |member| lower(member, at, findings));
    value::nulls_in_enum(schema);
    combine::unions(schema);
    if schema.contains_key("$ref") {
        // `unwrap_single` turned the schema into a reference.
        return;
    }
    value::null_type(schema);
    value::enumeration(schema, at);
    limits::exclusive_minimum(schema);
    limits::exclusive_maximum(schema);
    object::prefix_items(schema, at, findings);
    object::property_names(schema, at, findings);
    object::unevaluated_properties(schema);
    object::pattern_properties(schema, at, findings);
    value::contents(schema);
    value::format(schema, at, findings);
    value::examples(schema);
    negation(schema, at, findings);
    object::required(schema);
    combine::foreign_keywords(schema);
    limits::idle(schema);
    object::array_items(schema);
    drop_unknown(schema, at, findings);
}

/// Replaces boolean schemas inside a schema: `true` by `{}`, and `false` by the removal of its
/// keyword.
pub(super) fn booleans(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    for (key, value) in schema.iter_mut() {
        match (tree::child(Kind::Schema, key), value) {
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
                            "dropped, because its schema is `false`",
                        ));
                    }
                    keep
                });
            }
            _ => {}
        }
    }
    for key in ["items", "not"] {
        // `items: false` means an empty array, except beside `prefixItems`, where it means that no
        // further items are allowed. `not: false` has no effect.
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
                "no value is valid for this schema",
                "replace or remove it by an action in openapi/overlay.yaml",
            ));
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

/// Replaces `$recursiveRef: "#"` by a reference to the component schema around it.
fn recursive_reference(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    for key in ["$recursiveRef", "$dynamicRef"] {
        let Some(reference) = schema.get(key) else {
            continue;
        };
        match at.keys() {
            [components, schemas, name, ..]
                if reference == "#" && components == "components" && schemas == "schemas" =>
            {
                schema.remove(key);
                schema.insert("$ref".to_owned(), json!(reference_to(name)));
            }
            _ => findings.problems.push(Problem::new(
                at,
                format!("OpenAPI 3.0 does not have {key} {reference}"),
                "replace it by `$ref` to a named schema in openapi/overlay.yaml",
            )),
        }
    }
}

/// Moves `$ref` into `allOf` if it has siblings, which OpenAPI 3.0 ignores.
fn reference_siblings(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let mut siblings = std::mem::take(schema);
    let reference = json!({ "$ref": siblings.remove("$ref") });
    limits::idle(&mut siblings);
    if siblings.remove("type").is_some() {
        findings.notes.push(Note::new(
            "$ref",
            at,
            "dropped `type` beside it, because its target has a type",
        ));
    }
    value::examples(&mut siblings);
    let mut rules = Map::new();
    for (key, value) in siblings {
        if annotates(&key) {
            schema.insert(key, value);
        } else {
            rules.insert(key, value);
        }
    }
    let mut members = vec![reference];
    let mut rules = Value::Object(rules);
    lower(&mut rules, at, findings);
    if rules != json!({}) {
        members.push(rules);
    }
    match (schema.is_empty(), members.as_slice()) {
        (true, [Value::Object(reference)]) => *schema = reference.clone(),
        _ => {
            schema.insert("allOf".to_owned(), Value::Array(members));
        }
    }
}

/// Returns whether a keyword beside a reference has no effect on its values.
fn annotates(key: &str) -> bool {
    let keyword = keywords::find(key).filter(|keyword| keyword.in_3_0);
    key == "nullable"
        || keyword.is_some_and(|keyword| matches!(keyword.role, Role::Prose | Role::Annotation))
}

/// Removes `not`, except from the schemas of ids.
fn negation(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.contains_key("not") && !super::ids::is_id(&Value::Object(schema.clone())) {
        schema.remove("not");
        findings.notes.push(Note::new(
            "not",
            at,
            "dropped, because the server checks it",
        ));
    }
}

/// Keywords that apply schemas conditionally.
const CONDITIONS: [&str; 4] = ["dependentSchemas", "else", "if", "then"];

fn drop_unknown(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let declares = |key: &&str| {
        let text = schema.get(*key).map(Value::to_string);
        text.is_some_and(|text| text.contains("\"properties\":"))
    };
    let lost: Vec<&str> = CONDITIONS.into_iter().filter(declares).collect();
    for key in &lost {
        findings.problems.push(Problem::new(
            &at.join(key),
            format!("`{key}` declares properties that the client would lose"),
            "declare them in `properties` by an action in openapi/overlay.yaml",
        ));
    }
    schema.retain(|key, _| {
        let keyword = keywords::find(key);
        // Other rules report these keywords. They are kept because an overlay action can replace them.
        let unsolved = matches!(
            key.as_str(),
            "$recursiveRef" | "$dynamicRef" | "const" | "discriminator" | keywords::RUST_TYPE
        ) || lost.contains(&key.as_str());
        let keep = unsolved || keyword.is_some_and(|keyword| keyword.in_3_0);
        let silent = keyword.is_some_and(|keyword| {
            matches!(
                keyword.role,
                Role::Prose | Role::Annotation | Role::Identity
            )
        });
        if !keep && !silent && !key.starts_with("x-") {
            findings.notes.push(Note::new(
                "keyword",
                at,
                format!("dropped `{key}`, which OpenAPI 3.0 does not have"),
            ));
        }
        keep
    });
}
