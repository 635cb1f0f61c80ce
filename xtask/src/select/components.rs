//! Copies the schemas and security schemes that the selected operations use, without prose.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::REPAIR_KEY;
use crate::{
    keywords::{self, Role},
    problem::Findings,
    reference::{Pointer, component_name, reference_to, resolve},
    schema::{inline, reachable},
    tree::{self, Kind, elements, entries, operations, schemas, text},
};

/// Copies every schema of `upstream` that `selected` refers to, directly or through other schemas.
pub(super) fn copy_schemas(upstream: &Value, selected: &mut Value, findings: &mut Findings) {
    for name in reachable(schemas(upstream), selected, Kind::Document) {
        selected["components"]["schemas"][&name] = schemas(upstream)[&name].clone();
    }
    let remedy = "correct the document, or remove the operation from openapi/select.toml";
    tree::references(selected, Kind::Document, &mut |at, reference| {
        let target = target(upstream, reference);
        match target {
            Ok(name) => *reference = json!(reference_to(&name)),
            Err(reason) => findings.problem(at, reason, remedy),
        }
    });
}

/// Returns the name of the schema that a reference points to.
fn target(upstream: &Value, reference: &Value) -> Result<String, String> {
    let schema = resolve(upstream, reference)?;
    let reference = text(reference);
    let name = component_name(reference).filter(|_| schema.is_object() || schema.is_boolean());
    name.ok_or_else(|| {
        format!(
            "$ref {reference} does not point to a schema in components/schemas, and other \
             references to schemas are not supported"
        )
    })
}

/// Copies every security scheme of `upstream` that an operation of `selected` requires.
pub(super) fn copy_security(upstream: &Value, selected: &mut Value, findings: &mut Findings) {
    let mut required: BTreeMap<String, Pointer> = BTreeMap::new();
    for (at, operation) in operations(selected) {
        for (name, _) in elements(&operation["security"]).flat_map(entries) {
            required
                .entry(name.clone())
                .or_insert_with(|| at.join("security"));
        }
    }
    for (name, at) in required {
        let mut scheme = upstream["components"]["securitySchemes"][&name].clone();
        if scheme.is_null() {
            let what = format!("components/securitySchemes has no security scheme {name}");
            findings.problem(&at, what, "correct the document");
        } else {
            inline(upstream, &mut scheme, Kind::SecurityScheme, &at, findings);
            selected["components"]["securitySchemes"][&name] = scheme;
        }
    }
}

/// Documentation keys of objects that are not schemas.
const PROSE: [&str; 4] = ["deprecationReason", "links", "summary", "tags"];

/// Removes prose, examples and `x-` extensions from a selected document.
pub(super) fn strip_prose(document: &mut Value) {
    tree::outside_in(document, &mut |kind, _, value| {
        let Value::Object(object) = value else { return };
        // The keys of components and path items are names, not keywords.
        if !matches!(kind, Kind::Components | Kind::PathItem) {
            object.retain(|key, _| {
                let extension =
                    key.starts_with("x-") && !(kind == Kind::Operation && key == REPAIR_KEY);
                let prose = keywords::role(key) == Some(Role::Prose);
                !extension && !prose && !PROSE.contains(&key.as_str())
            });
        }
        if kind == Kind::Response {
            // OpenAPI requires `description`. The overlay sets its text.
            object.insert("description".to_owned(), Value::String(String::new()));
        }
    });
    if let Some(Value::Array(servers)) = document.get_mut("servers") {
        for server in servers.iter_mut().filter_map(Value::as_object_mut) {
            server.retain(|key, _| key == "url" || key == "variables");
        }
    }
}
