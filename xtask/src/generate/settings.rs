//! Settings of progenitor.

use std::collections::BTreeMap;

use progenitor_impl::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::quote;
use serde_json::Value;

use crate::{lower::RUST_TYPE, names, problem::Problem, tree::Pointer};

const NON_EXHAUSTIVE: &str = "#[non_exhaustive]";

/// Settings that depend on the document. Their keys are names of component schemas.
pub(super) struct Settings {
    /// Hand-written type of each schema that has one.
    replaced: BTreeMap<String, String>,
    /// Schemas that become structs.
    structs: Vec<String>,
}

impl Settings {
    pub(super) fn new(document: &Value) -> Self {
        let (mut replaced, mut structs) = (BTreeMap::new(), Vec::new());
        let schemas = document
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        for (name, schema) in schemas.into_iter().flatten() {
            if let Some(path) = schema[RUST_TYPE].as_str() {
                replaced.insert(name.clone(), path.to_owned());
            } else if is_struct(schema) {
                structs.push(name.clone());
            }
        }
        Self { replaced, structs }
    }

    /// Returns the settings in the form that progenitor accepts.
    pub(super) fn progenitor(&self) -> GenerationSettings {
        let mut settings = GenerationSettings::default();
        settings
            .with_interface(InterfaceStyle::Builder)
            .with_map_type("::std::collections::BTreeMap")
            .with_hooks(HooksMode::Expected)
            .with_inner_type(quote!(crate::hooks::CallContext));
        for (name, path) in &self.replaced {
            let implements = [TypeImpl::Display, TypeImpl::FromStr];
            settings.with_replacement(names::pascal(name), path, implements.into_iter());
        }
        // Upstream adds properties to responses, which must not break users.
        let mut patch = TypePatch::default();
        patch.with_attr(NON_EXHAUSTIVE);
        for name in &self.structs {
            settings.with_patch(names::pascal(name), &patch);
        }
        settings
    }

    /// Returns a problem for each key without effect on the code, because progenitor ignores such keys.
    pub(super) fn unmatched(&self, code: &str) -> Vec<Problem> {
        let replaced = self.replaced.iter().filter(|(_, path)| {
            !code.match_indices(*path).any(|(start, path)| {
                let next = code[start + path.len()..].chars().next();
                !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
            })
        });
        let replaced = replaced.map(|(name, path)| (name, format!("the key {name} of with_replacement matches nothing: {path} does not occur in the generated code")));
        let patched = self.structs.iter().filter(|name| {
            let declaration = format!("\n    pub struct {} {{", names::pascal(name));
            let attributes = code.split_once(&declaration).map(|(before, _)| {
                before
                    .lines()
                    .rev()
                    .take_while(|line| line.starts_with("    #["))
            });
            !attributes.is_some_and(|mut lines| lines.any(|line| line.ends_with(NON_EXHAUSTIVE)))
        });
        let patched = patched.map(|name| (name, format!("the key {name} of with_patch matches nothing: the generated code contains no such struct")));
        replaced
            .chain(patched)
            .map(|(name, reason)| {
                let at = Pointer::of(["components", "schemas", name]);
                Problem::new(
                    &at,
                    reason,
                    "remove or replace the schema by an action in openapi/overlay.yaml",
                )
            })
            .collect()
    }
}

/// Whether typify generates a struct with named fields for the schema.
fn is_struct(schema: &Value) -> bool {
    let has = |key: &str| schema.get(key).is_some();
    schema["type"] == "object"
        && schema["properties"]
            .as_object()
            .is_some_and(|properties| !properties.is_empty())
        && !["allOf", "anyOf", "oneOf", "enum"].into_iter().any(has)
}
