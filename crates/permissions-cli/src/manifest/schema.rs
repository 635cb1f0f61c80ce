//! The JSON Schema of a manifest, for editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

/// Returns the schema as a JSON document.
pub(crate) fn schema() -> Schema {
    schema_for!(Manifest)
}

enum Manifest {}

impl JsonSchema for Manifest {
    fn schema_name() -> Cow<'static, str> {
        "permissions.toml".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<Id>();
        json_schema!({
            "description": "The projects that may use fine-tuned checkpoints.",
            "type": "object",
            "properties": {
                "checkpoints": {
                    "description": "Each checkpoint with the projects that may use it. An empty array means that \
                        no project may use the checkpoint. Checkpoints that are not listed stay unchanged.",
                    "type": "object",
                    "propertyNames": id,
                    "additionalProperties": {
                        "type": "array",
                        "items": id,
                        "uniqueItems": true,
                    },
                },
            },
            "required": ["checkpoints"],
            "additionalProperties": false,
        })
    }
}

enum Id {}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An id, such as ft:gpt-4o:acme or proj_a. ${NAME} is replaced by an environment variable, \
                and $$ by a dollar sign. An id is a part of a URL and therefore not empty, not . and not ..",
            "type": "string",
            "minLength": 1,
            "not": { "enum": [".", ".."] },
        })
    }
}
