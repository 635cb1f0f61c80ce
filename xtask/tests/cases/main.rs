//! Tests of small documents that generators often translate wrongly. Each document is either
//! refused or accepted. The client of an accepted document sends and decodes the values correctly.
//!
//! The accepted documents are merged, and one client is generated from them: `generated.rs`, which
//! this crate compiles. Run `cargo test -p xtask --test cases` with `UPDATE=1` to regenerate
//! `generated.rs`.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

#[rustfmt::skip]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, unused, clippy::all, clippy::unwrap_used)]
mod generated;
#[allow(missing_docs, unreachable_pub, unused)]
#[path = "../../../crates/permissions-api/src/hooks.rs"]
mod hooks;
#[allow(missing_docs, unreachable_pub, unused)]
#[path = "../../../crates/permissions-api/src/ids.rs"]
mod ids;
mod refused;
mod right;

use std::path::{Path, PathBuf};

pub(crate) use generated::*;
use serde_json::{Map, Value, json};
use xtask::{
    document, generate, lower,
    problem::Note,
    select::{self, Selection, Selector},
};

/// Documents that are accepted and generated.
const ACCEPTED: [&str; 13] = [
    "additional_true",
    "anyof_required",
    "constructs",
    "discriminator",
    "enum_beyond_i64",
    "head_with_schema",
    "inline_name_clash",
    "mutual_tls_alternative",
    "optional_body",
    "optional_null_or_empty",
    "param_baseurl",
    "pattern_properties",
    "write_only_required",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn read(name: &str) -> Value {
    let path = folder().join("documents").join(name).with_extension("yaml");
    document::read(&path).unwrap().value
}

/// Runs all stages without an overlay and returns the generated code and the notes.
fn generate(document: &Value) -> Result<(String, Vec<Note>), String> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in item.as_object().into_iter().flat_map(Map::keys) {
            let text = format!(
                "operations = [{:?}]",
                format!("{} {path}", method.to_uppercase())
            );
            operations.extend(Selection::parse(&text)?.operations);
        }
    }
    stages(document, operations).map_err(|problems| problems.to_string())
}

fn stages(
    document: &Value,
    operations: Vec<Selector>,
) -> Result<(String, Vec<Note>), xtask::problem::Problems> {
    let mut notes = Vec::new();
    let selection = Selection {
        operations,
        repair: Vec::new(),
    };
    let mut selected = select::select(document, &selection, &mut notes)?;
    lower::canonical(&mut selected, &mut notes)?;
    let lowered = lower::lower(selected, &mut notes)?;
    Ok((generate::generate(&lowered)?, notes))
}

/// Merges documents: paths, operations and schemas get the name of the document as a prefix.
fn merged(names: &[&str]) -> Value {
    let mut merged = json!({
        "openapi": "3.1.0",
        "info": {"title": "Cases", "version": "1"},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    });
    for name in names {
        let prefix = xtask::names::pascal(name);
        let text = read(name).to_string();
        let text = text.replace(
            "#/components/schemas/",
            &format!("#/components/schemas/{prefix}"),
        );
        let text = text.replace("\"operationId\":\"", &format!("\"operationId\":\"{name}_"));
        let document: Value = serde_json::from_str(&text).unwrap();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            merged["paths"][format!("/{name}{path}")] = item.clone();
        }
        for (schema, value) in document["components"]["schemas"]
            .as_object()
            .into_iter()
            .flatten()
        {
            merged["components"]["schemas"][format!("{prefix}{schema}")] = value.clone();
        }
        for (scheme, value) in document["components"]["securitySchemes"]
            .as_object()
            .into_iter()
            .flatten()
        {
            merged["components"]["securitySchemes"][scheme] = value.clone();
        }
    }
    merged
}

#[test]
fn generated_code_of_accepted_documents_is_up_to_date() {
    let (code, _) = generate(&merged(&ACCEPTED)).unwrap();
    let path = folder().join("generated.rs");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &code).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap();
    assert!(
        code == current,
        "generated.rs is stale; run this test with UPDATE=1"
    );
}
