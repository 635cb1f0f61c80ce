//! Settings of progenitor.

use std::collections::BTreeMap;

use crate::{problem::Problem, reference::Pointer};
use progenitor_impl::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::quote;

const NON_EXHAUSTIVE: &str = "#[non_exhaustive]";

/// Settings that depend on the document. The keys are names of types.
#[derive(Default)]
pub(super) struct Settings {
    /// Path of each hand-written type.
    pub(super) replaced: BTreeMap<String, String>,
    /// Generated structs.
    pub(super) structs: Vec<String>,
}

impl Settings {
    /// Returns the settings in the form that progenitor accepts.
    pub(super) fn progenitor(&self) -> GenerationSettings {
        let mut settings = GenerationSettings::default();
        settings
            .with_derive("PartialEq")
            .with_interface(InterfaceStyle::Builder)
            .with_map_type("::std::collections::BTreeMap")
            .with_hooks(HooksMode::Expected)
            .with_inner_type(quote!(crate::hooks::CallContext));
        for (name, path) in &self.replaced {
            let implements = [TypeImpl::Display, TypeImpl::FromStr];
            settings.with_replacement(name, path, implements.into_iter());
        }
        // Upstream adds properties to responses, which must not break users.
        let mut patch = TypePatch::default();
        patch.with_attr(NON_EXHAUSTIVE);
        for name in &self.structs {
            settings.with_patch(name, &patch);
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
            let declaration = format!("\n    pub struct {} {{", name);
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
