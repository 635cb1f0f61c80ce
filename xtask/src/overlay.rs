//! Applying `overlay.yaml`, an OpenAPI Overlay 1.0 or 1.1, strictly.
//!
//! An action that matches nothing is an error: upstream moved, and what the action repaired is
//! repaired, gone or elsewhere. An action without a description is one too: nobody could tell later
//! whether it is still needed.

use std::fmt;

use roas_overlay::{
    apply::{Apply, ApplyErrorKind, ApplyOptions},
    common::apply::{compile_path, locate},
    v1_0, v1_1,
    validation::Validate,
};
use serde::Serialize;
use serde_json::Value;

/// The actions of an overlay document, ready to be applied.
#[derive(Clone, Debug)]
pub struct Overlay {
    document: v1_1::Overlay,
}

/// What one action did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The places it was aimed at, as JSONPath.
    pub target: String,
    /// Why it is there.
    pub description: String,
    /// How many places it changed, one at least.
    pub matched: usize,
}

/// Why an overlay was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlayError(String);

impl Overlay {
    /// Takes an overlay document.
    ///
    /// # Errors
    ///
    /// A document that is not an Overlay 1.0 or 1.1, has no actions, or has one that is without a
    /// description, does nothing or has a target that is not JSONPath.
    pub fn new(document: Value) -> Result<Self, OverlayError> {
        let version = document
            .get("overlay")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if version.starts_with("1.0") && copies(&document) {
            return Err(OverlayError(
                "`copy` is of Overlay 1.1: write `overlay: 1.1.0`".to_owned(),
            ));
        }
        let overlay: Result<v1_1::Overlay, serde_json::Error> = if version.starts_with("1.0") {
            serde_json::from_value::<v1_0::Overlay>(document).map(Into::into)
        } else if version.starts_with("1.1") {
            serde_json::from_value(document)
        } else {
            return Err(OverlayError(format!(
                "its `overlay` is {version:?}: write \"1.0.0\" or \"1.1.0\""
            )));
        };
        let overlay = overlay.map_err(|error| OverlayError(error.to_string()))?;
        overlay
            .validate(Default::default())
            .map_err(|error| OverlayError(error.to_string()))?;
        for (index, action) in overlay.actions.iter().enumerate() {
            if action
                .description
                .as_ref()
                .is_none_or(|text| text.trim().is_empty())
            {
                return Err(OverlayError(format!(
                    "action {} ({}) has no description: say why it is needed",
                    index + 1,
                    action.target
                )));
            }
        }
        Ok(Self { document: overlay })
    }

    /// Applies every action in order.
    ///
    /// An `update` that brings a `$ref` replaces what stood there: the members that it does not
    /// name would be siblings of the reference, ignored by some readers and not by others.
    ///
    /// # Errors
    ///
    /// The first action that cannot be applied, by number, target and description. The document is
    /// left as it was.
    pub fn apply(&self, document: &mut Value) -> Result<Vec<Applied>, OverlayError> {
        let mut working = document.clone();
        let mut applied = Vec::with_capacity(self.document.actions.len());
        for (index, action) in self.document.actions.iter().enumerate() {
            let description = action.description.clone().unwrap_or_default();
            let fail = |reason: String| {
                OverlayError(format!(
                    "action {} cannot be applied: {reason}\n  target: {}\n  its description: {}",
                    index + 1,
                    action.target,
                    description.trim()
                ))
            };
            let path = compile_path(&action.target).map_err(fail)?;
            let places = locate(&working, &path);
            let one = v1_1::Overlay {
                actions: vec![action.clone()],
                ..self.document.clone()
            };
            let strict = ApplyOptions::ErrorOnZeroMatch | ApplyOptions::ErrorOnMixedKindMatch;
            let report = one
                .apply(&mut working, strict)
                .map_err(|error| fail(reason(&error.kind)))?;
            if let Some(update) = &action.update {
                for place in &places {
                    if let Some(node) = working.pointer_mut(place) {
                        drop_siblings(node, update);
                    }
                }
            }
            applied.push(Applied {
                target: action.target.clone(),
                description,
                matched: report.actions.iter().map(|outcome| outcome.matched).sum(),
            });
        }
        *document = working;
        Ok(applied)
    }
}

impl fmt::Display for OverlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OverlayError {}

/// Whether any action has a `copy`, which a reader of 1.0 would pass by.
fn copies(document: &Value) -> bool {
    let actions = document.get("actions").and_then(Value::as_array);
    actions
        .into_iter()
        .flatten()
        .any(|action| action.get("copy").is_some())
}

fn reason(kind: &ApplyErrorKind) -> String {
    match kind {
        ApplyErrorKind::ZeroMatch => {
            "it matches nothing in the selected document. Either upstream \
             changed there: look at the place, then correct or remove the action; or the operation \
             that it repairs is no longer selected"
                .to_owned()
        }
        ApplyErrorKind::PrimitiveActionTarget => "its target is a plain value. An overlay changes \
             objects and arrays: aim at the object around it"
            .to_owned(),
        other => other.to_string(),
    }
}

/// Leaves at each `$ref` of `update` only what `update` itself puts beside it.
fn drop_siblings(node: &mut Value, update: &Value) {
    let (Value::Object(node), Value::Object(update)) = (node, update) else {
        return;
    };
    if update.contains_key("$ref") {
        node.retain(|key, _| update.contains_key(key));
    }
    for (key, update) in update {
        if let Some(node) = node.get_mut(key) {
            drop_siblings(node, update);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overlay(actions: Value) -> Result<Overlay, OverlayError> {
        Overlay::new(json!({
            "overlay": "1.1.0",
            "info": {"title": "test", "version": "1"},
            "actions": actions,
        }))
    }

    #[test]
    fn actions_apply_in_order_and_are_counted() {
        let overlay = overlay(json!([
            {"target": "$.a[*]", "description": "two places", "update": {"x": 1}},
            {"target": "$.a[?@.x == 1].b", "description": "sees the first", "remove": true},
        ]))
        .unwrap();
        let mut document = json!({"a": [{"b": {}}, {"c": {}}]});

        let applied = overlay.apply(&mut document).unwrap();

        assert_eq!(document, json!({"a": [{"x": 1}, {"c": {}, "x": 1}]}));
        assert_eq!(
            applied
                .iter()
                .map(|action| action.matched)
                .collect::<Vec<_>>(),
            [2, 1]
        );
    }

    #[test]
    fn a_reference_leaves_no_siblings() {
        let overlay = overlay(json!([{
            "target": "$.schemas.A.properties",
            "description": "an id of its own",
            "update": {"id": {"$ref": "#/Id"}, "name": {"maxLength": 3}},
        }]))
        .unwrap();
        let mut document = json!({"schemas": {"A": {"properties": {
            "id": {"type": "string", "format": "x"},
            "name": {"type": "string"},
        }}}});

        overlay.apply(&mut document).unwrap();

        assert_eq!(
            document["schemas"]["A"]["properties"],
            json!({"id": {"$ref": "#/Id"}, "name": {"type": "string", "maxLength": 3}})
        );
    }

    #[test]
    fn a_stale_action_fails_by_name_and_changes_nothing() {
        let overlay = overlay(json!([
            {"target": "$.a", "description": "still there", "update": {"x": 1}},
            {"target": "$.gone", "description": "was there once", "remove": true},
        ]))
        .unwrap();
        let mut document = json!({"a": {}});

        let error = overlay.apply(&mut document).unwrap_err().to_string();

        assert!(
            error.contains("action 2 cannot be applied: it matches nothing"),
            "{error}"
        );
        assert!(
            error.contains("target: $.gone") && error.contains("was there once"),
            "{error}"
        );
        assert_eq!(document, json!({"a": {}}));
    }

    #[test]
    fn a_copy_brings_what_stands_elsewhere() {
        let overlay = overlay(json!([{
            "target": "$.schemas.Order",
            "description": "a name for what a parameter has inside",
            "copy": "$.parameters[?@.name == 'order'].schema",
        }]))
        .unwrap();
        let order = json!({"type": "string", "enum": ["a"]});
        let mut document = json!({
            "parameters": [{"name": "after"}, {"name": "order", "schema": order}],
            "schemas": {"Order": {"description": "kept"}},
        });

        let applied = overlay.apply(&mut document).unwrap();

        assert_eq!(
            document["schemas"]["Order"],
            json!({"description": "kept", "type": "string", "enum": ["a"]})
        );
        assert_eq!(applied[0].matched, 1);
    }

    #[test]
    fn a_copy_of_nothing_or_of_several_things_fails() {
        for (from, there) in [
            ("$.gone", json!({})),
            ("$.list[*]", json!({"list": [{}, {}]})),
        ] {
            let overlay = overlay(json!([{"target": "$.a", "description": "why", "copy": from}]));
            let mut document = json!({"a": {}});
            document["list"] = there["list"].clone();

            let error = overlay
                .unwrap()
                .apply(&mut document)
                .unwrap_err()
                .to_string();

            assert!(error.contains("action 1 cannot be applied"), "{error}");
        }
    }

    #[test]
    fn what_an_overlay_cannot_do_is_refused_before_it_is_applied() {
        let info = json!({"title": "test", "version": "1"});
        let copy = json!([{"target": "$.a", "description": "why", "copy": "$.b"}]);
        let error = Overlay::new(json!({"overlay": "1.0.0", "info": info, "actions": copy}));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("write `overlay: 1.1.0`")
        );

        for action in [
            json!({"target": "a.b", "description": "no JSONPath", "remove": true}),
            json!({"target": "$.a", "description": "does nothing"}),
        ] {
            assert!(overlay(json!([action])).is_err(), "{action}");
        }
        assert!(overlay(json!([])).is_err());
    }

    #[test]
    fn both_versions_are_read_and_no_other() {
        for version in ["1.0.0", "1.1.0"] {
            let actions = json!([{"target": "$.a", "description": "why", "remove": true}]);
            let info = json!({"title": "test", "version": "1"});
            assert!(
                Overlay::new(json!({"overlay": version, "info": info, "actions": actions})).is_ok()
            );
        }
        let error = Overlay::new(json!({"overlay": "2.0.0"}))
            .unwrap_err()
            .to_string();
        assert!(error.contains("write \"1.0.0\" or \"1.1.0\""), "{error}");
    }

    #[test]
    fn an_action_says_why() {
        let error = overlay(json!([{"target": "$.a", "remove": true}]))
            .unwrap_err()
            .to_string();

        assert!(
            error.contains("action 1 ($.a) has no description"),
            "{error}"
        );
    }
}
