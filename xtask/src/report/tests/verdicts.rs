//! What each change means for names, types and operations, forward and backward.
//!
//! Each row is one edit of the document with two verdicts: of the edit, and of taking it back. The
//! comment above a row says why; "wire" is a deployed client of the old document that meets the new
//! server, "Rust" is code that is compiled with the new client.

use serde_json::{Value, json};

use super::super::Grade::{self, Major, Minor, Patch};
use super::super::SurfaceDiff;
use super::{before, edited, get, parameter, post, property, remove, report, require};
use crate::generate::generate;

type Row = (&'static str, Grade, Grade, fn(&mut Value));

/// Checks rows in both ways, and against the client that is generated of each document but those of
/// `refused`, which the generator takes for none.
pub(super) fn check(rows: &[Row], refused: &[&str]) {
    let mut wrong = Vec::new();
    let mut without_client = Vec::new();
    let surface_before = surface(&before()).unwrap();
    for (name, forward, backward, edit) in rows {
        let (old, new) = (before(), edited(edit));
        // What the generator makes of it must not be worse than the rules say.
        if let Some(surface) = surface(&new) {
            let floor = |old, new| SurfaceDiff::new(old, new).grade();
            if floor(&surface_before, &surface) > Some(*forward)
                || floor(&surface, &surface_before) > Some(*backward)
            {
                let difference = SurfaceDiff::new(&surface_before, &surface);
                wrong.push(format!(
                    "{name}: the generated crate says otherwise: {difference:#?}"
                ));
            }
        } else {
            without_client.push(*name);
        }
        for (way, verdict, report) in [
            ("", forward, report(&old, &new)),
            (" taken back", backward, report(&new, &old)),
        ] {
            if report.verdict != Some(*verdict) {
                wrong.push(format!(
                    "{name}{way}: {:?} and not {verdict}: {:#?}",
                    report.verdict, report.changes
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(without_client, refused);
}

/// The public items of what is generated, unless the generator refuses the document.
fn surface(document: &Value) -> Option<Vec<String>> {
    Some(crate::surface::list(&generate(document).ok()?).unwrap())
}

#[test]
fn operations_and_their_names() {
    check(
        &[
            // Rust: one method more, and one less; wire: the path is not served any more.
            ("operation added", Minor, Major, |d| {
                d["paths"]["/lists"] = json!({"get": {"operationId": "list_lists", "responses": {"200": {"description": ""}}}});
            }),
            // The same for one more method on a known path.
            ("method added to a path", Minor, Major, |d| {
                d["paths"]["/lists/{list}/items"]["put"] = json!({"operationId": "put_item", "parameters": post(d)["parameters"].clone(), "responses": {"200": {"description": ""}}});
            }),
            // Rust: the method is named after the id; wire: nothing.
            ("operation renamed", Major, Major, |d| {
                get(d)["operationId"] = "list_all_items".into()
            }),
            // Wire: old clients ask at a path that is not there; Rust: nothing, the id stays.
            ("operation moved to another path", Major, Major, |d| {
                let item = d["paths"]["/lists/{list}/items"].take();
                d["paths"] = json!({"/all/{list}/items": item});
            }),
            // Wire: another method on the same path is another operation.
            ("operation moved to another method", Major, Major, |d| {
                let operation = get(d).take();
                remove(&mut d["paths"]["/lists/{list}/items"], "get");
                d["paths"]["/lists/{list}/items"]["head"] = operation;
            }),
            // The generator makes nothing of it.
            ("operation deprecated", Patch, Patch, |d| {
                get(d)["deprecated"] = true.into()
            }),
            // Documentation only.
            ("summary reworded", Patch, Patch, |d| {
                get(d)["summary"] = "Lists all items.".into()
            }),
            // One client type for all tags.
            ("operation tagged", Patch, Patch, |d| {
                get(d)["tags"] = json!(["Items"])
            }),
            // An extension that nothing reads.
            ("extension of others", Patch, Patch, |d| {
                get(d)["x-order"] = 3.into()
            }),
            // An extension that decides on Rust types.
            ("extension of ours on a type", Major, Major, |d| {
                d["components"]["schemas"]["ListId"]["x-rust-type"] = json!("crate::ids::OtherId");
            }),
            // No rule knows callbacks, so they count as the worst.
            ("callbacks, which no rule knows", Major, Major, |d| {
                get(d)["callbacks"] = json!({"done": {}})
            }),
            // Rust: the name of the type; wire: nothing. What refers to it changes with it.
            ("schema renamed", Major, Major, |d| {
                let text = d
                    .to_string()
                    .replace("schemas/Label", "schemas/Mark")
                    .replace("\"Label\":", "\"Mark\":");
                *d = serde_json::from_str(&text).unwrap();
            }),
            // Rust: one type more, and one less.
            ("schema added", Minor, Major, |d| {
                d["components"]["schemas"]["Extra"] = json!({"type": "string"})
            }),
            // Rust: text becomes a type of its own; wire: nothing.
            ("text becomes a named type", Major, Major, |d| {
                *property(d, "Item", "id") = json!({"$ref": "#/components/schemas/ListId"});
            }),
            // Rust: another type, though both are text on the wire.
            ("reference to another type", Major, Major, |d| {
                parameter(get(d), "order")["schema"] =
                    json!({"$ref": "#/components/schemas/ListId"});
            }),
            // 3.0 writes a reference with siblings as `allOf` around it: the same type.
            ("reference gets a description", Patch, Patch, |d| {
                *property(d, "NewItem", "label") = json!({"allOf": [{"$ref": "#/components/schemas/Label"}], "description": "A label."});
            }),
        ],
        &[],
    );
}

#[test]
fn parameters() {
    check(
        &[
            // Rust: one setter more or less; wire: a server may ignore what it does not know, or refuse it.
            ("optional parameter added", Minor, Major, |d| {
                query(d)
                    .push(json!({"name": "after", "in": "query", "schema": {"type": "string"}}));
            }),
            // Wire: calls without it are refused; backward Rust: its setter is gone.
            ("required parameter added", Major, Major, |d| {
                query(d).push(json!({"name": "after", "in": "query", "required": true, "schema": {"type": "string"}}));
            }),
            // Calls without it are refused; backward the setter takes what it took.
            ("parameter becomes required", Major, Minor, |d| {
                parameter(get(d), "limit")["required"] = true.into()
            }),
            // Wire: looked for elsewhere.
            ("query parameter becomes a header", Major, Major, |d| {
                parameter(get(d), "limit")["in"] = "header".into()
            }),
            // Rust: the setter is named after it; wire: the server does not see the name.
            ("path parameter renamed", Major, Major, |d| {
                let item = d["paths"]["/lists/{list}/items"].take();
                d["paths"] = json!({"/lists/{list_id}/items": item});
                let item = &mut d["paths"]["/lists/{list_id}/items"];
                parameter(&mut item["get"], "list")["name"] = "list_id".into();
                parameter(&mut item["post"], "list")["name"] = "list_id".into();
            }),
            // Wire and Rust: the name is what is sent, and the setter's.
            ("query parameter renamed", Major, Major, |d| {
                parameter(get(d), "limit")["name"] = "count".into()
            }),
            // Wire: text is refused where a number is expected; Rust: another type.
            ("parameter type", Major, Major, |d| {
                parameter(get(d), "limit")["schema"] = json!({"type": "string"});
            }),
            // What a call means that leaves it out.
            ("parameter default", Major, Major, |d| {
                parameter(get(d), "limit")["schema"]["default"] = 20.into()
            }),
            // Leaving it out had a meaning, which nobody knows any more.
            ("parameter default gone", Major, Major, |d| {
                remove(&mut parameter(get(d), "limit")["schema"], "default")
            }),
            // More is taken; backward what was taken is refused.
            ("parameter maximum raised", Minor, Major, |d| {
                parameter(get(d), "limit")["schema"]["maximum"] = 200.into()
            }),
            // As above.
            ("parameter maximum gone", Minor, Major, |d| {
                remove(&mut parameter(get(d), "limit")["schema"], "maximum")
            }),
            // Bounds make no types: less is taken, backward more.
            ("parameter minimum", Major, Minor, |d| {
                parameter(get(d), "limit")["schema"]["minimum"] = 0.into()
            }),
            // Excluding the bound takes one value away.
            ("parameter bound excluded", Major, Minor, |d| {
                parameter(get(d), "limit")["schema"]["exclusiveMaximum"] = true.into();
            }),
            // Rust: an enum is exhaustive, a `match` breaks on one variant more, and a name on one less.
            ("parameter enum value added", Major, Major, |d| {
                d["components"]["schemas"]["Order"]["enum"] =
                    json!(["ascending", "descending", "random"]);
            }),
            // Rust: another type.
            ("parameter enum opened", Major, Major, |d| {
                remove(&mut d["components"]["schemas"]["Order"], "enum")
            }),
            // A parameter of that type had no meaning of its own when it was left out, and gets one.
            ("named type gets a default", Major, Major, |d| {
                d["components"]["schemas"]["Order"]["default"] = "descending".into();
            }),
            // Wire: `tags=a,b` instead of `tags=a&tags=b`.
            ("parameter written another way", Major, Major, |d| {
                parameter(get(d), "tags")["explode"] = false.into()
            }),
            // Rust: the items of the list are of another type.
            ("parameter items", Major, Major, |d| {
                parameter(get(d), "tags")["schema"]["items"]["type"] = "integer".into();
            }),
            // The generator makes nothing of these.
            ("parameter described", Patch, Patch, |d| {
                parameter(get(d), "limit")["description"] = "How many.".into()
            }),
            ("parameter deprecated", Patch, Patch, |d| {
                parameter(get(d), "limit")["deprecated"] = true.into()
            }),
            // A parameter of the path is one of each operation; moved there it is the same one.
            ("parameter of the path changed", Minor, Major, |d| {
                d["paths"]["/lists/{list}/items"]["parameters"] =
                    json!([{"name": "trace", "in": "header", "schema": {"type": "string"}}]);
            }),
            // No rule knows a parameter whose value is described by media type.
            ("parameter with content", Major, Major, |d| {
                let limit = parameter(get(d), "limit");
                remove(limit, "schema");
                limit["content"] = json!({"application/json": {"schema": {"type": "integer"}}});
            }),
        ],
        &["parameter written another way", "parameter with content"],
    );
}

#[test]
fn request_bodies() {
    check(
        &[
            // Rust: one field more in a struct that is open to more, or one less.
            ("optional request property added", Minor, Major, |d| {
                *property(d, "NewItem", "due") = json!({"type": "string"});
            }),
            // Wire: a request without it is refused; backward the field is gone.
            ("required request property added", Major, Major, |d| {
                *property(d, "NewItem", "due") = json!({"type": "string"});
                require(d, "NewItem", "due");
            }),
            // Wire: refused without it; Rust, both ways: `Option` or not.
            ("request property becomes required", Major, Major, |d| {
                require(d, "NewItem", "weight")
            }),
            // Rust: `Option` before and after, null allowed; wire: leaving it out is refused, backward taken.
            (
                "nullable request property becomes required",
                Major,
                Minor,
                |d| require(d, "NewItem", "note"),
            ),
            // An optional field is an `Option` anyway; wire: null is taken, backward refused.
            ("optional request property may be null", Minor, Major, |d| {
                property(d, "NewItem", "weight")["nullable"] = true.into();
            }),
            // Rust: a required field becomes an `Option`, and back.
            ("required request property may be null", Major, Major, |d| {
                property(d, "NewItem", "name")["nullable"] = true.into();
            }),
            // Wire: refused as text; Rust: another type.
            ("request property type", Major, Major, |d| {
                property(d, "NewItem", "weight")["type"] = "string".into()
            }),
            // The generator makes `Uuid` of it.
            ("request property becomes a uuid", Major, Major, |d| {
                property(d, "NewItem", "note")["format"] = "uuid".into()
            }),
            // A time stays text; wire: other text is refused, backward it is taken.
            ("request property becomes a time", Major, Minor, |d| {
                property(d, "NewItem", "note")["format"] = "date-time".into()
            }),
            // Text before and after; wire: the server may refuse what it took, backward it takes all.
            ("request property gets a format", Major, Minor, |d| {
                property(d, "NewItem", "note")["format"] = "slug".into()
            }),
            // More is taken; backward what was taken is refused.
            ("request text may be longer", Minor, Major, |d| {
                property(d, "NewItem", "name")["maxLength"] = 100.into()
            }),
            // Less is taken, backward more.
            ("request text gets a bound", Major, Minor, |d| {
                property(d, "NewItem", "note")["maxLength"] = 100.into()
            }),
            // As above, by a pattern.
            ("request text gets a pattern", Major, Minor, |d| {
                property(d, "NewItem", "note")["pattern"] = "^[a-z]+$".into()
            }),
            // Nobody can tell which of two patterns takes more.
            (
                "request text gets another bound and pattern",
                Major,
                Major,
                |d| {
                    *property(d, "NewItem", "name") =
                        json!({"type": "string", "maxLength": 90, "pattern": "^[a-z]+$"});
                },
            ),
            // A number is refused that was taken, backward taken.
            ("request minimum raised", Major, Minor, |d| {
                property(d, "NewItem", "weight")["minimum"] = 1.into()
            }),
            ("request step", Major, Minor, |d| {
                property(d, "NewItem", "weight")["multipleOf"] = 5.into()
            }),
            // A list may be longer; backward it is refused.
            ("request list may be longer", Minor, Major, |d| {
                property(d, "NewItem", "places")["maxItems"] = 10.into()
            }),
            // A list of a fixed length is a list.
            ("request list of fixed length", Major, Minor, |d| {
                property(d, "NewItem", "places")["minItems"] = 5.into()
            }),
            // It stays a list: one with an item twice is refused, backward taken.
            ("request list of unique items", Major, Minor, |d| {
                property(d, "NewItem", "places")["uniqueItems"] = true.into()
            }),
            // The server applies defaults: what a call means that leaves it out may change, not whether it works.
            ("request property default", Minor, Minor, |d| {
                property(d, "NewItem", "kind")["default"] = "rich".into()
            }),
            // Rust: an `Option` with and without.
            ("request property default gone", Minor, Minor, |d| {
                remove(property(d, "NewItem", "kind"), "default")
            }),
            // More is taken; backward a request with more is refused.
            ("request takes further properties", Minor, Major, |d| {
                remove(
                    &mut d["components"]["schemas"]["NewItem"],
                    "additionalProperties",
                )
            }),
            // Rust: a map holds them.
            ("further properties get a type", Major, Major, |d| {
                d["components"]["schemas"]["NewItem"]["additionalProperties"] =
                    json!({"type": "string"});
            }),
            // A call without a body is taken, backward refused; the setter stays.
            ("body becomes optional", Major, Major, |d| {
                post(d)["requestBody"]["required"] = false.into()
            }),
            // Wire: refused without; backward Rust: the setter is gone.
            ("required body added", Major, Major, |d| {
                get(d)["requestBody"] = post(d)["requestBody"].clone()
            }),
            // One setter more; backward it is gone.
            ("optional body added", Minor, Major, |d| {
                get(d)["requestBody"] = post(d)["requestBody"].clone();
                get(d)["requestBody"]["required"] = false.into();
            }),
            // The one that is sent is taken still; backward it is not.
            ("media type of the body added", Minor, Major, |d| {
                post(d)["requestBody"]["content"]["text/plain"] =
                    json!({"schema": {"type": "string"}});
            }),
            // Wire: what old clients send is refused.
            ("media type of the body replaced", Major, Major, |d| {
                let content = post(d)["requestBody"]["content"]["application/json"].take();
                post(d)["requestBody"]["content"] = json!({"text/json": content});
            }),
            // No rule knows how two sets of alternatives compare.
            ("alternatives", Major, Major, |d| {
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
fn a_report_without_changes_asks_for_nothing() {
    assert_eq!(report(&before(), &before()).verdict, None);
    // What says nothing is nothing.
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
