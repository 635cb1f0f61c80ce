//! What a new `permissions.json` means for who uses the client: every change with its direction,
//! place and reason, and the version that it asks for.
//!
//! The verdict is the highest [`Grade`] of all changes. Two readers are kept in mind for each:
//!
//! - **the wire**: a client made from the old document talks to a server of the new one. A request
//!   may not be refused that was taken, and an answer may not hold what it never held. Where this is
//!   a known class of change, the grade is that of oasdiff, whose errors and warnings are both major;
//! - **Rust**: code written against the old client is compiled with the new one. Where this is a
//!   known class, the grade is that of cargo-semver-checks. Generated structs are
//!   `#[non_exhaustive]`, so that one field more is minor; enums are exhaustive, so that one variant
//!   more is major; builders take parameters by name, so that one more optional one is minor.
//!
//! The stricter of the two counts, and what no rule knows is major. The public [`SurfaceDiff`] of the
//! generated code is a check on both: an item that is gone or different is major whatever the rules
//! say.
//!
//! ```
//! use serde_json::json;
//! use xtask::report::{Grade, Report, SurfaceDiff};
//!
//! let permission = |properties| json!({
//!     "openapi": "3.0.3",
//!     "components": {"schemas": {"Permission": {"type": "object", "properties": properties}}}
//! });
//! let old = permission(json!({"id": {"type": "string"}}));
//! let new = permission(json!({"id": {"type": "integer"}}));
//!
//! let report = Report::new(&old, &new, SurfaceDiff::default());
//! assert_eq!(report.verdict, Some(Grade::Major));
//! assert_eq!(report.changes[0].location, "Permission.id");
//! ```

mod base;
mod change;
mod comparison;
mod components;
mod markdown;
mod operations;
mod parameters;
mod responses;
mod root;
mod run;
mod schema;
mod surface;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use base::{Base, State};
pub use change::{Change, Direction, Grade};
pub use operations::Operations;
pub use run::{Format, Pins, Pipeline, run};
pub use surface::SurfaceDiff;

use comparison::Comparison;

/// Everything that a reviewer needs, ready to be written as Markdown or JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What the next version must be; absent where nothing changed.
    pub verdict: Option<Grade>,
    /// The upstream documents before and after, where both are known.
    pub pins: Option<Pins>,
    /// The operations that are new, gone or different.
    pub operations: Operations,
    /// Every change, the gravest first.
    pub changes: Vec<Change>,
    /// What changed in the generated crate's public items.
    pub surface: SurfaceDiff,
    /// What the pipeline did on the way to the new document, where the upstream document is at hand.
    pub pipeline: Option<Pipeline>,
}

impl Report {
    /// Compares two lowered documents.
    pub fn new(old: &Value, new: &Value, surface: SurfaceDiff) -> Self {
        let mut comparison = Comparison::new(old, new);
        components::find_renamed(&mut comparison);
        root::compare(&mut comparison);
        components::compare(&mut comparison);
        let operations = operations::compare(&mut comparison);
        let mut changes = comparison.changes;
        changes.sort_by(|one, other| other.grade.cmp(&one.grade).then_with(|| one.cmp(other)));
        changes.dedup();
        let graded = changes.first().map(|change| change.grade);
        Self {
            verdict: graded.max(surface.grade()),
            pins: None,
            operations,
            changes,
            surface,
            pipeline: None,
        }
    }
}
