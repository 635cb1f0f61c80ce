//! Rules for one schema. Its inner schemas are lowered before it.

use serde_json::{Value, json};

use super::{Findings, NO_VALUE, Object, REMEDY, combine, ids, object, validity, value};
use crate::{
    keywords::{self, COMBINATIONS, is_annotation},
    reference::{Pointer, reference_to},
};

/// Applies all rules to a schema.
pub(super) fn lower(value: &mut Value, at: &Pointer, findings: &mut Findings) {
    let schema = match value {
        Value::Object(schema) => schema,
        Value::Bool(true) => return *value = json!({}),
        // The rules for the enclosing value replace or report a schema that is `false`.
        Value::Bool(false) => return,
        other => {
            let what = format!("this must be a schema, not {other}");
            return findings.problem(at, what, REMEDY);
        }
    };
    if !validity::check_keywords(schema, at, findings) {
        return;
    }
    recursive_reference(schema, at, findings);
    without_false(schema, at, findings);
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
    value::exclusive_limits(schema);
    object::prefix_items(schema, at, findings);
    object::unevaluated_properties(schema);
    object::pattern_properties(schema, at, findings);
    value::contents(schema);
    value::format(schema, at, findings);
    value::examples(schema);
    checked_by_server(schema, at, findings);
    object::required(schema);
    combine::foreign_keywords(schema);
    without_effect(schema);
    object::array_items(schema);
    drop_unknown(schema, at, findings);
}

/// Removes inner schemas that are `false`, and refuses combinations without a valid value.
fn without_false(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let never = json!(false);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, property| {
            if *property == never {
                let at = at.join("properties").join(name);
                findings.note("boolean", &at, "dropped, because its schema is `false`");
            }
            *property != never
        });
    }
    // `items: false` allows only the items that `prefixItems` describes. Without `prefixItems`, the
    // array is empty.
    if schema.get("items") == Some(&never) && !schema.contains_key("prefixItems") {
        schema.remove("items");
        schema.insert("maxItems".to_owned(), json!(0));
    }
    for key in COMBINATIONS {
        if let Some(Value::Array(list)) = schema.get_mut(key) {
            if key != "allOf" {
                list.retain(|member| *member != never);
            }
            if list.is_empty() || list.contains(&never) {
                findings.problem(&at.join(key), NO_VALUE, REMEDY);
            }
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
            _ => findings.problem(
                at,
                format!("OpenAPI 3.0 does not have {key} {reference}"),
                "use an action in openapi/overlay.yaml to replace it by a `$ref` to a named schema",
            ),
        }
    }
}

/// Moves `$ref` into `allOf` if it has siblings, which OpenAPI 3.0 ignores.
fn reference_siblings(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let reference = json!({ "$ref": schema.remove("$ref") });
    without_effect(schema);
    if schema.remove("type").is_some() {
        let what = "dropped `type` beside `$ref`, because the target of the reference has a type";
        findings.note("$ref", at, what);
    }
    value::examples(schema);
    let (annotations, rules): (Object, Object) =
        std::mem::take(schema).into_iter().partition(|(key, _)| {
            let is_in_3_0 = keywords::find(key).is_some_and(|row| row.in_3_0);
            key == "nullable" || is_annotation(key) && is_in_3_0
        });
    *schema = annotations;
    let mut rules = Value::Object(rules);
    lower(&mut rules, at, findings);
    let all = match rules == json!({}) {
        true => json!([reference]),
        false => json!([reference, rules]),
    };
    schema.insert("allOf".to_owned(), all);
    combine::unwrap_single(schema, "allOf");
}

/// Removes `not` and `propertyNames`, because the server checks them.
///
/// A schema for which [`ids::is_id`] returns true keeps these keywords, because the hand-written
/// type that replaces the schema also checks the values.
fn checked_by_server(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let is_id = schema.contains_key("not") && ids::is_id(&Value::Object(schema.clone()));
    for key in ["not", "propertyNames"] {
        if !is_id && schema.remove(key).is_some() {
            findings.note(key, at, "dropped, because the server checks it");
        }
    }
}

/// Removes keywords that mean the same as their absence, such as `nullable: false`.
fn without_effect(schema: &mut Object) {
    schema.retain(|key, value| {
        keywords::find(key).is_none_or(|keyword| !keyword.has_no_effect(value))
    });
}

/// Keywords that apply schemas conditionally.
const CONDITIONS: [&str; 4] = ["dependentSchemas", "else", "if", "then"];

/// Drops the keywords that OpenAPI 3.0 does not have, unless the client would lose properties.
fn drop_unknown(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    schema.retain(|key, value| {
        if CONDITIONS.contains(&key.as_str()) && value.to_string().contains("\"properties\":") {
            findings.problem(
                &at.join(key),
                format!("`{key}` declares properties that the client would lose"),
                "declare them in `properties` by an action in openapi/overlay.yaml",
            );
            return true;
        }
        let row = keywords::find(key);
        // Other rules report these keywords. They are kept because an overlay action can replace them.
        let is_reported = matches!(
            key.as_str(),
            "$recursiveRef" | "$dynamicRef" | "const" | "discriminator" | keywords::RUST_TYPE
        );
        let keep = is_reported || row.is_some_and(|row| row.in_3_0);
        let is_silent = key.starts_with("x-") || is_annotation(key);
        if !keep && !is_silent {
            let what = format!("dropped `{key}`, which OpenAPI 3.0 does not have");
            findings.note("keyword", at, what);
        }
        keep
    });
}
