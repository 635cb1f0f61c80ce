//! The authentication schemes that the selected operations ask for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::inline::inline;
use crate::{
    problem::Problem,
    tree::{Kind, Pointer},
};

/// Copies from `upstream` every scheme that an operation of `selected` names.
pub(super) fn copy(upstream: &Value, selected: &mut Value, problems: &mut Vec<Problem>) {
    for (name, at) in wanted(selected) {
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
                format!("the security scheme {name} is not in components/securitySchemes"),
                "repair the document",
            )),
        }
    }
}

/// The names of the schemes, each with the first place that asks for it.
fn wanted(selected: &Value) -> BTreeMap<String, Pointer> {
    let mut wanted = BTreeMap::new();
    for (path, item) in selected["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let at = Pointer::of(["paths", path, method, "security"]);
            let requirements = operation.get("security").and_then(Value::as_array);
            let names = requirements
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .flat_map(Map::keys);
            for name in names {
                wanted.entry(name.clone()).or_insert_with(|| at.clone());
            }
        }
    }
    wanted
}
