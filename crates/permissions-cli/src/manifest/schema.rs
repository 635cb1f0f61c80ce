//! The JSON Schema of a manifest.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, schema_for};

/// The projects that may use fine-tuned checkpoints.
#[derive(JsonSchema)]
#[schemars(title = "permissions.toml", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Document {
    /// Each checkpoint with the projects that may use it. An empty array means that no project may use the checkpoint.
    /// Checkpoints that are not listed stay unchanged.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/id" }))]
    checkpoints: BTreeMap<Id, BTreeSet<Id>>,
}

/// An id, such as ft:gpt-4o:acme or proj_a. ${NAME} is replaced by an environment variable, and $$ by a dollar sign.
/// An id becomes a part of a URL, so it must not be empty, "." or "..".
#[derive(JsonSchema)]
#[schemars(rename = "id", extend("not" = { "enum": [".", ".."] }))]
#[expect(dead_code, reason = "only its schema is used")]
struct Id(#[schemars(length(min = 1))] String);

/// Returns the JSON Schema of a manifest.
pub(crate) fn schema() -> Schema {
    schema_for!(Document)
}
