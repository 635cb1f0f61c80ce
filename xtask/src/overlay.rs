//! Overlay stage: applies `overlay.yaml`, an OpenAPI Overlay 1.0 or 1.1.
//!
//! An action that matches nothing is an error, because the action was probably written for an
//! earlier version of the upstream spec. An action without a description is an error, because
//! reviewers need the reason for the action.

use anyhow::{Result, bail};
use roas_overlay::{
    apply::{Apply, ApplyErrorKind, ApplyOptions},
    common::apply::{compile_path, locate},
    v1_0, v1_1,
    validation::Validate,
};
use serde::Serialize;
use serde_json::Value;

use crate::tree::elements;

/// A validated overlay. The default is an overlay without actions.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// `None` if there are no actions, because the specification does not allow an overlay document
    /// without actions.
    document: Option<v1_1::Overlay>,
}

/// The result of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// JSONPath of the action.
    pub target: String,
    /// Reason for the action.
    pub description: String,
    /// Number of values that the action changed, at least one.
    pub matched: usize,
}

impl Overlay {
    /// Validates an overlay document.
    ///
    /// # Errors
    ///
    /// Returns an error if the document is not an Overlay 1.0 or 1.1, or if an action has no
    /// description, no effect or an invalid JSONPath.
    pub fn new(document: Value) -> Result<Self> {
        let version = document["overlay"].as_str().unwrap_or_default();
        let is_1_0 = version.starts_with("1.0");
        if !is_1_0 && !version.starts_with("1.1") {
            bail!("`overlay` is {version:?}: write \"1.0.0\" or \"1.1.0\"");
        }
        let actions = &document["actions"];
        if !actions.is_object() && elements(actions).next().is_none() {
            return Ok(Self::default());
        }
        // Tools for Overlay 1.0 ignore `copy` silently.
        if is_1_0 && elements(actions).any(|action| action.get("copy").is_some()) {
            bail!("`copy` requires Overlay 1.1: write `overlay: 1.1.0`");
        }
        let overlay: v1_1::Overlay = match is_1_0 {
            true => serde_json::from_value::<v1_0::Overlay>(document)?.into(),
            false => serde_json::from_value(document)?,
        };
        overlay.validate(Default::default())?;
        for (index, action) in overlay.actions.iter().enumerate() {
            let description = action.description.as_deref().unwrap_or_default();
            if description.trim().is_empty() {
                bail!(
                    "action {} ({}) has no description: describe why it is needed",
                    index + 1,
                    action.target
                );
            }
        }
        Ok(Self {
            document: Some(overlay),
        })
    }

    /// Returns whether the overlay has no actions.
    pub fn is_empty(&self) -> bool {
        self.document.is_none()
    }

    /// Applies the actions in order.
    ///
    /// An `update` with a `$ref` replaces the value: OpenAPI ignores the siblings of a reference.
    ///
    /// # Errors
    ///
    /// Returns all actions that cannot be applied, with number, target and description. The document
    /// is then unchanged.
    pub fn apply(&self, document: &mut Value) -> Result<Vec<Applied>> {
        let Some(overlay) = &self.document else {
            return Ok(Vec::new());
        };
        let mut changed = document.clone();
        let mut applied = Vec::new();
        let mut failures = Vec::new();
        for (index, action) in overlay.actions.iter().enumerate() {
            let description = action.description.clone().unwrap_or_default();
            match apply(overlay, action, &mut changed) {
                Ok(matched) => applied.push(Applied {
                    target: action.target.clone(),
                    description,
                    matched,
                }),
                Err(reason) => failures.push(format!(
                    "action {} cannot be applied: {reason}\n  target: {}\n  description: {}",
                    index + 1,
                    action.target,
                    description.trim()
                )),
            }
        }
        if !failures.is_empty() {
            bail!(failures.join("\n"));
        }
        *document = changed;
        Ok(applied)
    }
}

/// Applies one action and returns the number of values that it changed.
fn apply(
    overlay: &v1_1::Overlay,
    action: &v1_1::Action,
    document: &mut Value,
) -> Result<usize, String> {
    let places = locate(document, &compile_path(&action.target)?);
    let single = v1_1::Overlay {
        actions: vec![action.clone()],
        ..overlay.clone()
    };
    let strict = ApplyOptions::ErrorOnZeroMatch | ApplyOptions::ErrorOnMixedKindMatch;
    let report = single
        .apply(document, strict)
        .map_err(|error| reason(&error.kind))?;
    if let Some(update) = &action.update {
        for place in &places {
            if let Some(node) = document.pointer_mut(place) {
                drop_siblings(node, update);
            }
        }
    }
    Ok(report.actions.iter().map(|outcome| outcome.matched).sum())
}

fn reason(kind: &ApplyErrorKind) -> String {
    match kind {
        ApplyErrorKind::ZeroMatch => "the target matches nothing in the selected document. If the \
             upstream spec changed there, correct or remove the action. If the operation is no longer \
             selected, remove the action"
            .to_owned(),
        ApplyErrorKind::PrimitiveActionTarget => "the target is a scalar, and an action can change \
             only objects and arrays. Use the object that contains it as the target"
            .to_owned(),
        other => other.to_string(),
    }
}

/// Removes from `node` the siblings of each `$ref` that `update` sets, except the siblings that
/// `update` also sets.
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

    fn overlay(actions: Value) -> Result<Overlay> {
        Overlay::new(json!({
            "overlay": "1.1.0",
            "info": {"title": "test", "version": "1"},
            "actions": actions,
        }))
    }

    #[test]
    fn actions_are_applied_in_order_and_counted() {
        let overlay = overlay(json!([
            {"target": "$.a[*]", "description": "two matches", "update": {"x": 1}},
            {"target": "$.a[?@.x == 1].b", "description": "depends on the first", "remove": true},
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
    fn update_with_reference_removes_siblings() {
        let overlay = overlay(json!([{
            "target": "$.schemas.A.properties",
            "description": "a named id",
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
    fn stale_actions_are_reported_together_and_change_nothing() {
        let overlay = overlay(json!([
            {"target": "$.a", "description": "exists", "update": {"x": 1}},
            {"target": "$.gone", "description": "existed before", "remove": true},
            {"target": "$.moved", "description": "is elsewhere", "remove": true},
        ]))
        .unwrap();
        let mut document = json!({"a": {}});

        let error = overlay.apply(&mut document).unwrap_err().to_string();

        assert!(
            error.contains("action 2 cannot be applied: the target matches nothing")
                && error.contains("action 3 cannot be applied: the target matches nothing"),
            "{error}"
        );
        assert!(
            error.contains("target: $.gone") && error.contains("description: existed before"),
            "{error}"
        );
        assert_eq!(document, json!({"a": {}}));
    }

    #[test]
    fn copy_action_merges_source_into_target() {
        let overlay = overlay(json!([{
            "target": "$.schemas.Order",
            "description": "a name for the schema of a parameter",
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
    fn copy_source_matching_zero_or_several_values_fails() {
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
    fn invalid_action_is_refused_before_applying() {
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
    }

    #[test]
    fn only_overlay_1_0_and_1_1_are_accepted() {
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
    fn action_without_description_is_refused() {
        let error = overlay(json!([{"target": "$.a", "remove": true}]))
            .unwrap_err()
            .to_string();

        assert!(
            error.contains("action 1 ($.a) has no description"),
            "{error}"
        );
    }

    #[test]
    fn overlay_without_actions_changes_nothing() {
        for overlay in [
            overlay(json!([])),
            overlay(Value::Null),
            Overlay::new(json!({"overlay": "1.1.0"})),
            Ok(Overlay::default()),
        ] {
            let mut document = json!({"a": {}});

            let applied = overlay.unwrap().apply(&mut document).unwrap();

            assert_eq!(applied, []);
            assert_eq!(document, json!({"a": {}}));
        }
    }
}
