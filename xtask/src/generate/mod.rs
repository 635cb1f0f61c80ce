//! From the lowered document to the source of the generated client.
//!
//! The checks come first, so that the generator meets nothing that it would mangle or panic on.
//! What it writes is then edited as syntax: identifiers that validate, nothing that can panic,
//! a word of documentation on every public item; and split into one file for each concern.

mod checks;
mod docs;
mod ids;
mod media;
mod rewrite;
mod sending;
mod shape;
mod split;
mod urls;
mod wire;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;
use serde_json::{Value, json};

use crate::{
    problem::{Problem, Problems},
    select::{self, Request},
    tree::Pointer,
};

const STAGE: &str = "generate the client";

/// The generated files by name, in the order of their names.
pub type Files = BTreeMap<&'static str, String>;

/// Generates the client of a lowered document.
///
/// # Errors
///
/// Everything in the document that cannot become a client, all at once; and whatever the generator
/// itself refuses.
pub fn generate(document: &Value) -> Result<Files, Problems> {
    Problems::check(STAGE, checks::check(document))?;
    let ids = ids::of(document);
    let mut file = progenitor(document, &ids).map_err(|reason| refusal(document, reason))?;
    let edited = ids::insert(&mut file, &ids)
        .and_then(|()| rewrite::apply(&mut file))
        .and_then(|()| wire::apply(&mut file))
        .and_then(|()| urls::apply(&mut file))
        .and_then(|()| sending::apply(&mut file))
        .and_then(|()| {
            docs::complete(&mut file, document);
            split::split(file)
        });
    edited.map_err(|reason| {
        let remedy = "adapt xtask/src/generate to the generator's new output";
        Problems::one(STAGE, Problem::new(&Pointer::root(), reason, remedy))
    })
}

const REMEDY: &str = "replace the schema that it names by an action in openapi/overlay.yaml";

/// What the generator says of a whole document names no operation, so each is tried alone.
fn refusal(document: &Value, reason: String) -> Problems {
    let mut problems = Vec::new();
    for Request { method, path } in select::requests(document) {
        let mut alone = document.clone();
        alone["paths"] = json!({ &path: { &method: document["paths"][&path][&method] } });
        crate::schema::keep_reachable(&mut alone);
        if let Err(reason) = progenitor(&alone, &ids::of(&alone)) {
            let at = Pointer::of(["paths", &path, &method]);
            problems.push(Problem::new(&at, reason, REMEDY));
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new(&Pointer::root(), reason, REMEDY));
    }
    Problems::new(STAGE, problems)
}

/// What the generator itself writes.
fn progenitor(document: &Value, ids: &[ids::Id]) -> Result<syn::File, String> {
    let spec: openapiv3::OpenAPI =
        serde_json::from_value(shape::of(document)).map_err(|error| {
            format!("the document is not OpenAPI 3.0.3 as the generator reads it: {error}")
        })?;
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_map_type("::std::collections::BTreeMap")
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::hooks::CallContext));
    for id in ids {
        settings.with_replacement(
            &id.name,
            format!("crate::types::{}", id.name),
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    }
    let generated = catch_unwind(AssertUnwindSafe(|| {
        Generator::new(&settings).generate_tokens(&spec)
    }));
    let tokens = match generated {
        Ok(Ok(tokens)) => tokens,
        Ok(Err(error)) => return Err(format!("the generator refuses the document: {error}")),
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("without a message");
            return Err(format!("the generator panicked: {message}"));
        }
    };
    syn::parse2(tokens).map_err(|error| format!("the generator wrote what is not Rust: {error}"))
}

#[cfg(test)]
mod tests;
