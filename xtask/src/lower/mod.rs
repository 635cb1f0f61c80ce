//! Lowers OpenAPI 3.0, 3.1 and 3.2 to OpenAPI 3.0.3 in one canonical form.
//!
//! Each rule is a function that is applied to inner values first. A rule notes what it drops without
//! an effect on requests and responses. A construct that OpenAPI 3.0.3 cannot express is a problem
//! with a location and a remedy.
//!
//! The rules run twice. [`canonical`] runs before the overlay, so that the actions match documents of
//! all versions. [`lower`] runs after it, because the overlay can add constructs.

mod combine;
mod conform;
mod cycles;
mod discriminator;
mod findings;
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

use serde_json::Value;

use self::findings::Findings;
pub use self::ids::is_id;
pub use crate::select::Repair;
use crate::{
    problem::{Note, Problem, Problems},
    reference::{Pointer, component_name},
    schema as schemas,
    tree::{self, Kind},
};

const STAGE: &str = "lower the document to OpenAPI 3.0.3";

/// Rules that replace a declared type, or note a value that the client cannot send.
pub(crate) const LOSSES: [&str; 4] = [
    operation::OPTIONAL_BODY,
    null::RULE,
    "patternProperties",
    "prefixItems",
];

/// Rewrites everything that OpenAPI 3.0.3 can express to its canonical form.
///
/// Other constructs are unchanged: the overlay can replace them, and [`lower`] refuses the rest.
///
/// # Errors
///
/// Returns the component schemas that are aliases of themselves. No overlay action could match them.
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

/// Returns the document in OpenAPI 3.0.3 with sorted keys.
///
/// # Errors
///
/// Returns everything that OpenAPI 3.0.3 cannot express, and all references without a target.
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
    // The following steps resolve references, which must exist and have no cycles.
    Problems::check(STAGE, std::mem::take(&mut findings.problems))?;

    combine::lift_nullable_components(&mut document);
    repair::apply(&mut document, &mut findings);
    null::note(&document, &mut findings);
    operation::note_optional_bodies(&document, &mut findings);
    ids::check_path_segments(&mut document, &mut findings);
    document["openapi"] = Value::String("3.0.3".to_owned());
    for name in schemas::keep_reachable(&mut document) {
        let at = Pointer::of(["components", "schemas", &name]);
        findings.notes.push(Note::new(
            "reachable",
            &at,
            "dropped, because no operation uses it",
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
    tree::inside_out(document, &mut |kind, at, value| match kind {
        Kind::Schema => schema::lower(value, at, findings),
        _ => operation::lower(value, kind, at, findings),
    });
}

/// Reports references without a target. The overlay can add some.
fn check_references(document: &Value, problems: &mut Vec<Problem>) {
    let schemas = tree::schemas(document);
    tree::read(document, &mut |kind, at, value| {
        if kind != Kind::Schema {
            return;
        }
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return;
        };
        let known = component_name(reference).is_some_and(|name| schemas.get(&name).is_some());
        if !known {
            problems.push(Problem::new(
                at,
                format!("$ref {reference} has no target in the document"),
                "add the schema to components/schemas in openapi/overlay.yaml, or correct the name",
            ));
        }
    });
}

#[cfg(test)]
mod tests;
