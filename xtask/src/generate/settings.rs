//! Settings of progenitor.

use crate::{model::Model, problem::Problem, reference::Pointer};
use progenitor_impl::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::quote;

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
    patch.with_attr("#[non_exhaustive]");
    for name in &model.structs {
        settings.with_patch(name, &patch);
    }
    settings
}

/// Returns a problem for each setting that matches nothing. Progenitor ignores such settings silently.
pub(super) fn unmatched(model: &Model, code: &str) -> Vec<Problem> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let occurs = |path: &str| code.split(|c| !is_path(c)).any(|word| word == path);
    let replaced = model.replaced.iter().filter(|(_, path)| !occurs(path));
    let is_declared = |name: &&String| code.contains(&format!("pub struct {name} {{"));
    let structs = model.structs.iter().filter(|name| !is_declared(name));
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
