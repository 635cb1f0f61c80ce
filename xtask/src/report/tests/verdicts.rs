//! Grades of changes in operations, parameters and request bodies.
//!
//! Each row of a table contains an edit of a document, the grade of the edit and the grade of its
//! reversal. `rules.rs` contains the reasons.

use serde_json::{Value, json};

use super::super::Grade::{self, Major, Minor, Patch};
use super::super::SurfaceDiff;
use super::{before, edited, get, parameter, post, property, remove, report, require};
use crate::generate::generate;

type Row = (&'static str, Grade, Grade, fn(&mut Value));

/// Asserts the version bump that each edit and its reversal require. Changes in the public items of
/// the generated client must not require a larger bump than the asserted one. The generator must
/// refuse the edits in `refused`.
pub(super) fn check(rows: &[Row], refused: &[&str]) {
    let mut wrong = Vec::new();
    let mut without_client = Vec::new();
    let surface_before = surface(&before()).unwrap();
    for (name, forward, backward, edit) in rows {
        let (old, new) = (before(), edited(edit));
        if let Some(surface) = surface(&new) {
            let floor = |old, new| SurfaceDiff::new(old, new).grade();
            if floor(&surface_before, &surface) > Some(*forward)
                || floor(&surface, &surface_before) > Some(*backward)
            {
                let difference = SurfaceDiff::new(&surface_before, &surface);
                wrong.push(format!(
                    "{name}: the public items require a higher grade: {difference:#?}"
                ));
            }
        } else {
            without_client.push(*name);
        }
        for (suffix, verdict, report) in [
            ("", forward, report(&old, &new)),
            (" reversed", backward, report(&new, &old)),
        ] {
            if report.verdict != Some(*verdict) {
                wrong.push(format!(
                    "{name}{suffix}: {:?} and not {verdict}: {:#?}",
                    report.verdict, report.changes
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(without_client, refused);
}

/// Returns the public items of the generated client, or `None` if the generator refuses the document.
fn surface(document: &Value) -> Option<Vec<String>> {
    Some(crate::surface::list(&generate(document).ok()?).unwrap())
}

#[test]
fn operation_changes_require_listed_version_bump() {
    check(
        &[
            ("operation added", Minor, Major, |d| {
                d["paths"]["/lists"] = json!({"get": {"operationId": "list_lists", "responses": {"200": {"description": ""}}}});
            }),
            ("method added to a path", Minor, Major, |d| {
                d["paths"]["/lists/{list}/items"]["put"] = json!({"operationId": "put_item", "parameters": post(d)["parameters"].clone(), "responses": {"200": {"description": ""}}});
            }),
            ("operation renamed", Major, Major, |d| {
                get(d)["operationId"] = "list_all_items".into()
            }),
            ("operation moved to another path", Major, Major, |d| {
                let item = d["paths"]["/lists/{list}/items"].take();
                d["paths"] = json!({"/all/{list}/items": item});
            }),
            ("operation moved to another method", Major, Major, |d| {
                let operation = get(d).take();
                remove(&mut d["paths"]["/lists/{list}/items"], "get");
                d["paths"]["/lists/{list}/items"]["head"] = operation;
            }),
            ("operation deprecated", Patch, Patch, |d| {
                get(d)["deprecated"] = true.into()
            }),
            ("summary reworded", Patch, Patch, |d| {
                get(d)["summary"] = "Lists all items.".into()
            }),
            ("operation tagged", Patch, Patch, |d| {
                get(d)["tags"] = json!(["Items"])
            }),
            ("unknown extension", Patch, Patch, |d| {
                get(d)["x-order"] = 3.into()
            }),
            ("x-rust-type added", Major, Major, |d| {
                d["components"]["schemas"]["ListId"]["x-rust-type"] = json!("crate::ids::OtherId");
            }),
            ("callbacks without a rule", Major, Major, |d| {
                get(d)["callbacks"] = json!({"done": {}})
            }),
            ("schema renamed", Major, Major, |d| {
                let text = d
                    .to_string()
                    .replace("schemas/Label", "schemas/Mark")
                    .replace("\"Label\":", "\"Mark\":");
                *d = serde_json::from_str(&text).unwrap();
            }),
            ("schema added", Minor, Major, |d| {
                d["components"]["schemas"]["Extra"] = json!({"type": "string"})
            }),
            ("text becomes a named type", Major, Major, |d| {
                *property(d, "Item", "id") = json!({"$ref": "#/components/schemas/ListId"});
            }),
            ("reference to another type", Major, Major, |d| {
                parameter(get(d), "order")["schema"] =
                    json!({"$ref": "#/components/schemas/ListId"});
            }),
            ("reference gets a description", Patch, Patch, |d| {
                *property(d, "NewItem", "label") = json!({"allOf": [{"$ref": "#/components/schemas/Label"}], "description": "A label."});
            }),
        ],
        &[],
    );
}

#[test]
fn parameter_changes_require_expected_version_bump() {
    check(
        &[
            ("optional parameter added", Minor, Major, |d| {
                query(d)
                    .push(json!({"name": "after", "in": "query", "schema": {"type": "string"}}));
            }),
            ("required parameter added", Major, Major, |d| {
                query(d).push(json!({"name": "after", "in": "query", "required": true, "schema": {"type": "string"}}));
            }),
            ("parameter becomes required", Major, Minor, |d| {
                parameter(get(d), "limit")["required"] = true.into()
            }),
            ("query parameter becomes a header", Major, Major, |d| {
                parameter(get(d), "limit")["in"] = "header".into()
            }),
            ("path parameter renamed", Major, Major, |d| {
                let item = d["paths"]["/lists/{list}/items"].take();
                d["paths"] = json!({"/lists/{list_id}/items": item});
                let item = &mut d["paths"]["/lists/{list_id}/items"];
                parameter(&mut item["get"], "list")["name"] = "list_id".into();
                parameter(&mut item["post"], "list")["name"] = "list_id".into();
            }),
            ("query parameter renamed", Major, Major, |d| {
                parameter(get(d), "limit")["name"] = "count".into()
            }),
            ("parameter type", Major, Major, |d| {
                parameter(get(d), "limit")["schema"] = json!({"type": "string"});
            }),
            ("parameter default", Major, Major, |d| {
                parameter(get(d), "limit")["schema"]["default"] = 20.into()
            }),
            ("parameter default removed", Major, Major, |d| {
                remove(&mut parameter(get(d), "limit")["schema"], "default")
            }),
            ("parameter maximum raised", Minor, Major, |d| {
                parameter(get(d), "limit")["schema"]["maximum"] = 200.into()
            }),
            ("parameter maximum removed", Minor, Major, |d| {
                remove(&mut parameter(get(d), "limit")["schema"], "maximum")
            }),
            ("parameter minimum", Major, Minor, |d| {
                parameter(get(d), "limit")["schema"]["minimum"] = 0.into()
            }),
            ("parameter maximum becomes exclusive", Major, Minor, |d| {
                parameter(get(d), "limit")["schema"]["exclusiveMaximum"] = true.into();
            }),
            ("parameter enum value added", Major, Major, |d| {
                d["components"]["schemas"]["Order"]["enum"] =
                    json!(["ascending", "descending", "random"]);
            }),
            ("parameter enum removed", Major, Major, |d| {
                remove(&mut d["components"]["schemas"]["Order"], "enum")
            }),
            ("named type gets a default", Major, Major, |d| {
                d["components"]["schemas"]["Order"]["default"] = "descending".into();
            }),
            ("parameter with another style", Major, Major, |d| {
                parameter(get(d), "tags")["explode"] = false.into()
            }),
            ("parameter items", Major, Major, |d| {
                parameter(get(d), "tags")["schema"]["items"]["type"] = "integer".into();
            }),
            ("parameter described", Patch, Patch, |d| {
                parameter(get(d), "limit")["description"] = "How many.".into()
            }),
            ("parameter deprecated", Patch, Patch, |d| {
                parameter(get(d), "limit")["deprecated"] = true.into()
            }),
            ("parameter of the path changed", Minor, Major, |d| {
                d["paths"]["/lists/{list}/items"]["parameters"] =
                    json!([{"name": "trace", "in": "header", "schema": {"type": "string"}}]);
            }),
            ("parameter with content", Major, Major, |d| {
                let limit = parameter(get(d), "limit");
                remove(limit, "schema");
                limit["content"] = json!({"application/json": {"schema": {"type": "integer"}}});
            }),
        ],
        &["parameter with another style", "parameter with content"],
    );
}

#[test]
fn request_body_changes_require_expected_version_bump() {
    check(
        &[
            ("optional request property added", Minor, Major, |d| {
                *property(d, "NewItem", "due") = json!({"type": "string"});
            }),
            ("required request property added", Major, Major, |d| {
                *property(d, "NewItem", "due") = json!({"type": "string"});
                require(d, "NewItem", "due");
            }),
            ("request property becomes required", Major, Major, |d| {
                require(d, "NewItem", "weight")
            }),
            (
                "nullable request property becomes required",
                Major,
                Minor,
                |d| require(d, "NewItem", "note"),
            ),
            ("optional request property may be null", Minor, Major, |d| {
                property(d, "NewItem", "weight")["nullable"] = true.into();
            }),
            ("required request property may be null", Major, Major, |d| {
                property(d, "NewItem", "name")["nullable"] = true.into();
            }),
            ("request property type", Major, Major, |d| {
                property(d, "NewItem", "weight")["type"] = "string".into()
            }),
            ("request property becomes a uuid", Major, Major, |d| {
                property(d, "NewItem", "note")["format"] = "uuid".into()
            }),
            ("request property becomes a time", Major, Minor, |d| {
                property(d, "NewItem", "note")["format"] = "date-time".into()
            }),
            ("request property gets a format", Major, Minor, |d| {
                property(d, "NewItem", "note")["format"] = "slug".into()
            }),
            ("request text may be longer", Minor, Major, |d| {
                property(d, "NewItem", "name")["maxLength"] = 100.into()
            }),
            ("request text gets a bound", Major, Minor, |d| {
                property(d, "NewItem", "note")["maxLength"] = 100.into()
            }),
            ("request text gets a pattern", Major, Minor, |d| {
                property(d, "NewItem", "note")["pattern"] = "^[a-z]+$".into()
            }),
            (
                "request text gets another bound and pattern",
                Major,
                Major,
                |d| {
                    *property(d, "NewItem", "name") =
                        json!({"type": "string", "maxLength": 90, "pattern": "^[a-z]+$"});
                },
            ),
            ("request minimum raised", Major, Minor, |d| {
                property(d, "NewItem", "weight")["minimum"] = 1.into()
            }),
            ("request property gets multipleOf", Major, Minor, |d| {
                property(d, "NewItem", "weight")["multipleOf"] = 5.into()
            }),
            ("request list may be longer", Minor, Major, |d| {
                property(d, "NewItem", "places")["maxItems"] = 10.into()
            }),
            ("request list of fixed length", Major, Minor, |d| {
                property(d, "NewItem", "places")["minItems"] = 5.into()
            }),
            ("request list of unique items", Major, Minor, |d| {
                property(d, "NewItem", "places")["uniqueItems"] = true.into()
            }),
            ("request property default", Minor, Minor, |d| {
                property(d, "NewItem", "kind")["default"] = "rich".into()
            }),
            ("request property default removed", Minor, Minor, |d| {
                remove(property(d, "NewItem", "kind"), "default")
            }),
            ("request accepts additional properties", Minor, Major, |d| {
                remove(
                    &mut d["components"]["schemas"]["NewItem"],
                    "additionalProperties",
                )
            }),
            ("additional properties get a type", Major, Major, |d| {
                d["components"]["schemas"]["NewItem"]["additionalProperties"] =
                    json!({"type": "string"});
            }),
            ("body becomes optional", Major, Major, |d| {
                post(d)["requestBody"]["required"] = false.into()
            }),
            ("required body added", Major, Major, |d| {
                get(d)["requestBody"] = post(d)["requestBody"].clone()
            }),
            ("optional body added", Minor, Major, |d| {
                get(d)["requestBody"] = post(d)["requestBody"].clone();
                get(d)["requestBody"]["required"] = false.into();
            }),
            ("media type of the body added", Minor, Major, |d| {
                post(d)["requestBody"]["content"]["text/plain"] =
                    json!({"schema": {"type": "string"}});
            }),
            ("media type of the body replaced", Major, Major, |d| {
                let content = post(d)["requestBody"]["content"]["application/json"].take();
                post(d)["requestBody"]["content"] = json!({"text/json": content});
            }),
            ("request property becomes a union", Major, Major, |d| {
                *property(d, "NewItem", "note") =
                    json!({"oneOf": [{"type": "string"}, {"type": "integer"}]})
            }),
        ],
        &[
            "media type of the body added",
            "media type of the body replaced",
        ],
    );
}

#[test]
fn equivalent_documents_have_no_changes() {
    assert_eq!(report(&before(), &before()).verdict, None);
    // These edits do not change the meaning of the document.
    let quiet = edited(|d| {
        property(d, "Item", "id")["nullable"] = false.into();
        d["components"]["schemas"]["Item"]["required"] =
            json!(["state", "owner", "created_at", "name", "id"]);
        d["components"]["schemas"]["Order"]["required"] = json!([]);
        get(d)["parameters"].as_array_mut().unwrap().reverse();
    });
    assert_eq!(report(&before(), &quiet).changes, []);
}

fn query(document: &mut Value) -> &mut Vec<Value> {
    get(document)["parameters"].as_array_mut().unwrap()
}
