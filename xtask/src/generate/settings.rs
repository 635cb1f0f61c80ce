//! Settings of progenitor.

use std::collections::BTreeSet;

use crate::{model::Model, problem::Problem, reference::Pointer};
use progenitor_impl::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::quote;

const NON_EXHAUSTIVE: &str = "#[non_exhaustive]";

/// Returns the settings for a document.
pub(super) fn settings(model: &Model) -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_derive("PartialEq")
        .with_interface(InterfaceStyle::Builder)
        .with_map_type("::std::collections::BTreeMap")
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::hooks::CallContext));
    for (name, path) in &model.replaced {
        let implements = [TypeImpl::Display, TypeImpl::FromStr];
        settings.with_replacement(name, path, implements.into_iter());
    }
    // Upstream adds properties to responses, which must not break users.
    let mut patch = TypePatch::default();
    patch.with_attr(NON_EXHAUSTIVE);
    for name in &model.structs {
        settings.with_patch(name, &patch);
    }
    settings
}

/// Returns a problem for each setting that matches nothing. Progenitor ignores such settings silently.
pub(super) fn unmatched(model: &Model, code: &str) -> Vec<Problem> {
    let occurs = |path: &str| {
        code.match_indices(path).any(|(start, path)| {
            let next = code[start + path.len()..].chars().next();
            !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
        })
    };
    let replaced = model.replaced.iter().filter(|(_, path)| !occurs(path));
    let mut patched = BTreeSet::new();
    let mut is_patched = false;
    for line in code.lines().map(str::trim_start) {
        is_patched |= line == NON_EXHAUSTIVE;
        if let Some(declared) = line.strip_prefix("pub struct ") {
            let name = declared.split_once(' ').map_or(declared, |(name, _)| name);
            patched.extend(is_patched.then_some(name));
            is_patched = false;
        }
    }
    let structs = model
        .structs
        .iter()
        .filter(|name| !patched.contains(name.as_str()));
    let keys = replaced.map(|(name, _)| ("with_replacement", name));
    keys.chain(structs.map(|name| ("with_patch", name)))
        .map(|(setting, name)| {
            let what = format!("the key {name} of {setting} matches nothing in the generated code");
            let at = Pointer::of(["components", "schemas", name]);
            Problem::new(
                &at,
                what,
                "remove the schema by an action in openapi/overlay.yaml",
            )
        })
        .collect()
}
