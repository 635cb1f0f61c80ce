//! From OpenAPI 3.0, 3.1 or 3.2 to 3.0.3, in one canonical form.
//!
//! Each rule is a function of its own, applied by position from the inside out. What a rule drops
//! without changing what a client sends and accepts is noted; what cannot be expressed at all is a
//! problem with its place and a way out.
//!
//! The rules run twice: [`canonical`] before the overlay, so that its actions meet one spelling of
//! what can be written in many, and [`lower`] after it, for what the overlay brought.

mod combine;
mod conform;
mod cycles;
mod discriminator;
mod ids;
mod limits;
mod malformed;
mod null;
mod object;
mod operation;
mod parameters;
mod rename;
mod repair;
mod schema;
mod security;
mod value;

use serde_json::{Map, Value};

pub use self::ids::is_id;
pub use crate::select::Repair;
use crate::{
    problem::{Note, Problem, Problems},
    reference::{Pointer, component_name},
    schema as schemas,
    tree::{self, Kind},
};

const STAGE: &str = "lower the document to OpenAPI 3.0.3";

/// Rules whose notes describe values that the client cannot send, or replace a declared type.
pub(crate) const LOSSES: [&str; 3] = [null::RULE, "patternProperties", "prefixItems"];

/// What rules report to.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Note>,
}

/// Writes everything that OpenAPI 3.0.3 can say in one spelling, whatever version it came in.
///
/// What it cannot say stays as it is: the overlay may know better, and [`lower`] refuses the rest.
///
/// # Errors
///
/// Named schemas that are nothing but each other: no action of an overlay could be aimed at them.
pub fn canonical(document: &mut Value, notes: &mut Vec<Note>) -> Result<(), Problems> {
    let mut findings = Findings::default();
    rules(document, &mut findings);
    findings.problems.clear();
    cycles::check(document, &mut findings.problems);
    Problems::check(STAGE, findings.problems)?;
    parameters::inline_scalars(document);
    schemas::keep_reachable(document);
    findings.notes.sort();
    notes.extend(findings.notes);
    Ok(())
}

/// The document in OpenAPI 3.0.3, keys sorted.
///
/// # Errors
///
/// Everything that 3.0.3 cannot express and every reference that leads nowhere.
pub fn lower(mut document: Value, notes: &mut Vec<Note>) -> Result<Value, Problems> {
    let mut findings = Findings::default();

    let before = document.clone();
    schemas::inline(
        &before,
        &mut document,
        Kind::Document,
        &Pointer::root(),
        &mut findings.problems,
    );
    rename::schemas(&mut document, &mut findings);
    security::drop_unsupported_alternatives(&mut document);
    rules(&mut document, &mut findings);
    check_references(&document, &mut findings.problems);
    cycles::check(&document, &mut findings.problems);
    // What follows goes from reference to reference, and must come to an end.
    Problems::check(STAGE, std::mem::take(&mut findings.problems))?;

    combine::lift_nullable_components(&mut document);
    repair::apply(&mut document, &mut findings);
    null::note(&document, &mut findings);
    ids::check_path_segments(&mut document, &mut findings);
    document["openapi"] = Value::String("3.0.3".to_owned());
    for name in schemas::keep_reachable(&mut document) {
        let at = Pointer::of(["components", "schemas", &name]);
        findings.notes.push(Note::new(
            "reachable",
            &at,
            "dropped: no operation reaches it",
        ));
    }
    security::drop_unused(&mut document);
    document.sort_all_objects();
    conform::check(&document, &mut findings.problems);

    Problems::check(STAGE, findings.problems)?;
    findings.notes.sort();
    notes.extend(findings.notes);
    Ok(document)
}

fn rules(document: &mut Value, findings: &mut Findings) {
    discriminator::lower(document, findings);
    tree::inside_out(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, at, value| match kind {
            Kind::Schema => schema::lower(value, at, findings),
            _ => operation::lower(value, kind, at, findings),
        },
    );
}

/// A reference of the overlay's may be wrong as well as one of upstream.
fn check_references(document: &Value, problems: &mut Vec<Problem>) {
    let empty = Map::new();
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    tree::read(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, at, value| {
            if kind != Kind::Schema {
                return;
            }
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return;
            };
            let known = component_name(reference).is_some_and(|name| schemas.contains_key(&name));
            if !known {
                problems.push(Problem::new(
                at,
                format!("$ref {reference} names no schema of the document"),
                "add the schema to components/schemas in openapi/overlay.yaml, or correct the name",
            ));
            }
        },
    );
}

#[cfg(test)]
mod tests;
