//! The JSON Schema of a manifest, for editors and checkers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

/// The schema as a JSON document.
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
            "description": "Who may use which fine-tuned checkpoint.",
            "type": "object",
            "properties": {
                "checkpoints": {
                    "description": "Each checkpoint with the projects that shall have access to it. \
                        A checkpoint with an empty array shall have none; one that is not named is left alone.",
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
            "description": "An id, such as ft:gpt-4o:acme or proj_a. ${NAME} stands for an environment \
                variable, $$ for a dollar sign. As a part of a URL it is neither empty nor . nor ..",
            "type": "string",
            "minLength": 1,
            "not": { "enum": [".", ".."] },
        })
    }
}
