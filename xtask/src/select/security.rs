//! Copies the security schemes that the selected operations require.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    problem::Problem,
    reference::Pointer,
    schema::inline,
    tree::{Kind, elements, entries, operations},
};

/// Copies every security scheme of `upstream` that an operation of `selected` requires.
pub(super) fn copy(upstream: &Value, selected: &mut Value, problems: &mut Vec<Problem>) {
    for (name, at) in required_schemes(selected) {
        let scheme = upstream
            .pointer("/components/securitySchemes")
            .and_then(|all| all.get(&name));
        match scheme {
            Some(scheme) => {
                let mut scheme = scheme.clone();
                inline(upstream, &mut scheme, Kind::SecurityScheme, &at, problems);
                selected["components"]["securitySchemes"][&name] = scheme;
            }
            None => problems.push(Problem::new(
                &at,
                format!("components/securitySchemes has no security scheme {name}"),
                "correct the document",
            )),
        }
    }
}

/// Returns the name of each required scheme with the location of its first use.
fn required_schemes(selected: &Value) -> BTreeMap<String, Pointer> {
    let mut required = BTreeMap::new();
    for (at, operation) in operations(selected) {
        for (name, _) in elements(&operation["security"]).flat_map(entries) {
            let at = at.join("security");
            required.entry(name.clone()).or_insert(at);
        }
    }
    required
}
