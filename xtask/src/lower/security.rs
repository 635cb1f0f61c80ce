//! Security requirements with schemes that OpenAPI 3.0 does not have.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tree::{self, Kind, entries};

/// Types of security schemes in OpenAPI 3.0.
pub(super) const TYPES: [&str; 4] = ["apiKey", "http", "oauth2", "openIdConnect"];

/// Removes alternatives that use an unsupported scheme, if a supported alternative remains, and the
/// schemes that no operation uses.
pub(super) fn keep_supported(document: &mut Value) {
    let schemes = document["components"]["securitySchemes"].clone();
    let is_scheme_supported = |name: &String| {
        let kind = schemes[name]["type"].as_str();
        kind.is_none_or(|kind| TYPES.contains(&kind))
    };
    let is_supported =
        |requirement: &Value| entries(requirement).all(|(name, _)| is_scheme_supported(name));
    let mut used = BTreeSet::new();
    tree::outside_in(document, &mut |kind, _, value| {
        if matches!(kind, Kind::Document | Kind::Operation)
            && let Some(Value::Array(requirements)) = value.get_mut("security")
        {
            if requirements.iter().any(is_supported) {
                requirements.retain(is_supported);
            }
            let names = requirements.iter().flat_map(entries);
            used.extend(names.map(|(name, _)| name.clone()));
        }
    });
    if let Some(Value::Object(schemes)) = document.pointer_mut("/components/securitySchemes") {
        schemes.retain(|name, _| used.contains(name));
    }
}
