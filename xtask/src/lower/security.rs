//! Security requirements with schemes that OpenAPI 3.0 does not have.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Types of security schemes in OpenAPI 3.0.
pub(super) const TYPES: [&str; 4] = ["apiKey", "http", "oauth2", "openIdConnect"];

/// Removes alternatives that use an unsupported scheme, if a supported alternative remains.
pub(super) fn drop_unsupported_alternatives(document: &mut Value) {
    let schemes = document
        .pointer("/components/securitySchemes")
        .and_then(Value::as_object);
    let unsupported: BTreeSet<String> = schemes
        .into_iter()
        .flatten()
        .filter(|(_, scheme)| {
            scheme["type"]
                .as_str()
                .is_some_and(|name| !TYPES.contains(&name))
        })
        .map(|(name, _)| name.clone())
        .collect();
    for requirements in requirements(document) {
        let is_supported = |requirement: &Value| {
            let mut names = requirement.as_object().into_iter().flat_map(Map::keys);
            !names.any(|name| unsupported.contains(name))
        };
        if requirements.iter().any(is_supported) {
            requirements.retain(is_supported);
        }
    }
    drop_unused(document);
}

/// Removes the schemes that no operation uses.
pub(super) fn drop_unused(document: &mut Value) {
    let used: BTreeSet<String> = requirements(document)
        .into_iter()
        .flat_map(|requirements| requirements.iter().filter_map(Value::as_object))
        .flat_map(|requirement| requirement.keys().cloned())
        .collect();
    if let Some(Value::Object(schemes)) = document.pointer_mut("/components/securitySchemes") {
        schemes.retain(|name, _| used.contains(name));
    }
}

/// Returns the security requirements of the document and of all operations.
fn requirements(document: &mut Value) -> Vec<&mut Vec<Value>> {
    let mut lists = Vec::new();
    for (key, value) in document.as_object_mut().into_iter().flatten() {
        match (key.as_str(), value) {
            ("security", Value::Array(list)) => lists.push(list),
            ("paths", Value::Object(items)) => {
                let items = items.values_mut().filter_map(Value::as_object_mut);
                let operations = items.flat_map(Map::values_mut);
                lists.extend(
                    operations
                        .filter_map(|operation| operation.get_mut("security")?.as_array_mut()),
                );
            }
            _ => {}
        }
    }
    lists
}
