//! Lowers OpenAPI 3.0, 3.1 and 3.2 to OpenAPI 3.0.3 in one canonical form.
//!
//! Each rule is a function that is applied to inner values first. Rules can drop constructs on
//! which requests and responses do not depend. Most of these rules add a note for each dropped
//! construct. A construct that OpenAPI 3.0.3 cannot express is a problem with a location and a
//! remedy.
//!
//! The rules run twice. [`canonical`] runs before the overlay, so that the actions match documents of
//! all versions. [`lower`] runs after the overlay, because the overlay can add constructs.

mod combine;
mod discriminator;
mod ids;
mod losses;
mod object;
mod operation;
mod references;
mod schema;
mod validity;
mod value;

use serde_json::{Map, Value, json};

pub use self::ids::is_id;
pub(crate) use self::losses::LOSSES;
pub use crate::select::Repair;
use crate::{
    problem::{Findings, Note, Problems},
    reference::Pointer,
    schema as schemas,
    tree::{self, Kind},
};

const STAGE: &str = "lower the document to OpenAPI 3.0.3";

/// Remedy of a construct that has no equivalent in OpenAPI 3.0.3.
const REMEDY: &str = "use an action in openapi/overlay.yaml to replace or remove it";

/// Problem of a schema that is `false`, and of a combination that has no valid value because of a
/// `false` member.
const NO_VALUE: &str = "no value is valid for this schema";

type Object = Map<String, Value>;

/// Rewrites everything that OpenAPI 3.0.3 can express to its canonical form.
///
/// Constructs that OpenAPI 3.0.3 cannot express are unchanged, so that the overlay can replace
/// them. [`lower`] refuses those that the overlay does not replace.
///
/// # Errors
///
/// Returns the component schemas that are aliases of themselves. No overlay action could match them.
pub fn canonical(document: &mut Value, notes: &mut Vec<Note>) -> Result<(), Problems> {
    let mut findings = Findings::default();
    rules(document, &mut findings);
    findings.problems.clear();
    references::check_cycles(document, &mut findings);
    findings.finish(STAGE, notes)?;
    references::inline_scalars(document);
    schemas::keep_reachable(document);
    Ok(())
}

/// Returns the document in OpenAPI 3.0.3 with sorted keys.
///
/// # Errors
///
/// Returns everything that OpenAPI 3.0.3 cannot express, and all references without a target.
pub fn lower(mut document: Value, notes: &mut Vec<Note>) -> Result<Value, Problems> {
    let mut findings = Findings::default();

    let (before, root) = (document.clone(), Pointer::root());
    schemas::inline(&before, &mut document, Kind::Document, &root, &mut findings);
    references::rename(&mut document, &mut findings);
    operation::keep_supported_security(&mut document);
    rules(&mut document, &mut findings);
    references::check_targets(&mut document, &mut findings);
    references::check_cycles(&document, &mut findings);
    // The following steps resolve references, so each reference must have a target, and no schema
    // may be an alias of itself.
    Problems::check(STAGE, std::mem::take(&mut findings.problems))?;

    combine::lift_nullable_components(&mut document);
    losses::repair(&mut document, &mut findings);
    losses::note(&document, &mut findings);
    ids::check_path_segments(&mut document, &mut findings);
    document["openapi"] = json!("3.0.3");
    for name in schemas::keep_reachable(&mut document) {
        let at = Pointer::of(["components", "schemas", &name]);
        findings.note("reachable", &at, "dropped, because no operation uses it");
    }
    document.sort_all_objects();
    validity::check_document(&document, &mut findings);
    findings.finish(STAGE, notes)?;
    Ok(document)
}

fn rules(document: &mut Value, findings: &mut Findings) {
    discriminator::lower(document, findings);
    tree::inside_out(document, &mut |kind, at, value| match kind {
        Kind::Schema => schema::lower(value, at, findings),
        _ => operation::lower(value, kind, at, findings),
    });
}

#[cfg(test)]
mod tests;
