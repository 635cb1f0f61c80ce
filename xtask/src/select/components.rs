//! Copies the schemas and security schemes that the selected operations use.

use serde_json::{Value, json};

use crate::{
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
    tree::references(selected, Kind::Document, &mut |at, reference| match target(
        upstream, reference,
    ) {
        Ok(name) => *reference = json!(reference_to(&name)),
        Err(reason) => findings.problem(at, reason, remedy),
    });
}

/// Returns the name of the schema that a reference points to.
fn target(upstream: &Value, reference: &Value) -> Result<String, String> {
    let schema = resolve(upstream, reference)?;
    match component_name(text(reference)) {
        Some(name) if schema.is_object() || schema.is_boolean() => Ok(name),
        _ => Err(format!(
            "$ref {} does not point to a schema in components/schemas, and other references to \
             schemas are not supported",
            text(reference)
        )),
    }
}

/// Copies every security scheme of `upstream` that an operation of `selected` requires.
pub(super) fn copy_security(upstream: &Value, selected: &mut Value, findings: &mut Findings) {
    let mut required: Vec<(String, Pointer)> = Vec::new();
    for (at, operation) in operations(selected) {
        for (name, _) in elements(&operation["security"]).flat_map(entries) {
            if !required.iter().any(|(known, _)| known == name) {
                required.push((name.clone(), at.join("security")));
            }
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
