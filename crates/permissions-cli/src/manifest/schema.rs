//! The type of a manifest, and the JSON Schema that is derived from it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

/// The projects that may use fine-tuned checkpoints.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(title = "permissions.toml", deny_unknown_fields)]
pub(super) struct Document<'a> {
    /// Each checkpoint with the projects that may use it. An empty array means that no project may use the checkpoint.
    /// Checkpoints that are not listed stay unchanged.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/id" }))]
    pub(super) checkpoints: BTreeMap<Id<'a>, BTreeSet<Id<'a>>>,
}

/// An id, such as ft:gpt-4o:acme or proj_a. ${NAME} is replaced by an environment variable, and $$ by a dollar sign.
/// An id is a part of a URL and therefore not empty, not . and not ..
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "id", extend("not" = { "enum": [".", ".."] }))]
#[serde(transparent)]
pub(super) struct Id<'a>(#[schemars(length(min = 1))] pub(super) &'a str);

/// Returns the JSON Schema of a manifest.
pub(crate) fn schema() -> Schema {
    schema_for!(Document<'_>)
}
