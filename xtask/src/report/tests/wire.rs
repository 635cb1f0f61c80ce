//! Grades of changes in responses, security and servers, in the format of `verdicts.rs`.

use serde_json::{Value, json};

use super::super::Grade::{Major, Minor, Patch};
use super::super::Report;
use super::super::{Direction, SurfaceDiff};
use super::verdicts::check;
use super::{before, edited, get, post, property, remove, report, require};

#[test]
fn response_changes_require_listed_version_bump() {
    check(
        &[
            ("optional response property added", Minor, Major, |d| {
                *property(d, "Item", "due") = json!({"type": "string"})
            }),
            ("required response property added", Minor, Major, |d| {
                *property(d, "Item", "due") = json!({"type": "string"});
                require(d, "Item", "due");
            }),
            ("response property becomes required", Major, Major, |d| {
                require(d, "Item", "note")
            }),
            (
                "required response property may be null",
                Major,
                Major,
                |d| property(d, "Item", "name")["nullable"] = true.into(),
            ),
            (
                "optional response property may be null",
                Major,
                Patch,
                |d| property(d, "Item", "note")["nullable"] = true.into(),
            ),
            (
                "nullable response property may be missing",
                Major,
                Patch,
                |d| {
                    d["components"]["schemas"]["Item"]["required"] =
                        json!(["id", "name", "created_at", "state"]);
                },
            ),
            ("response property type", Major, Major, |d| {
                property(d, "Item", "created_at")["type"] = "string".into()
            }),
            ("response integer becomes a number", Major, Major, |d| {
                property(d, "Item", "created_at")["type"] = "number".into()
            }),
            ("response integer of 64 bits", Patch, Major, |d| {
                property(d, "Item", "created_at")["format"] = "int64".into()
            }),
            ("response integer of 32 bits", Major, Major, |d| {
                property(d, "Item", "created_at")["format"] = "int32".into()
            }),
            (
                "response integer gets an unknown format",
                Patch,
                Major,
                |d| property(d, "Item", "created_at")["format"] = "unixtime".into(),
            ),
            ("response number of 32 bits", Major, Major, |d| {
                property(d, "Item", "weight")["format"] = "float".into()
            }),
            ("response integer gets a minimum", Patch, Major, |d| {
                property(d, "Item", "created_at")["minimum"] = 0.into()
            }),
            ("response text gets a pattern", Patch, Patch, |d| {
                property(d, "Item", "note")["pattern"] = "^[a-z]+$".into()
            }),
            ("response list of unique items", Patch, Major, |d| {
                property(d, "Page", "data")["uniqueItems"] = true.into()
            }),
            ("response property gets a default", Patch, Patch, |d| {
                property(d, "Item", "note")["default"] = "none".into()
            }),
            ("response enum value added", Major, Major, |d| {
                property(d, "Item", "state")["enum"] = json!(["open", "done", "late"])
            }),
            ("response text becomes an enum", Major, Major, |d| {
                property(d, "Item", "note")["enum"] = json!(["a", "b"])
            }),
            ("response enum reordered", Major, Major, |d| {
                property(d, "Item", "state")["enum"] = json!(["done", "open"])
            }),
            ("response maximum raised", Major, Patch, |d| {
                property(d, "Item", "weight")["maximum"] = 1000.into()
            }),
            ("response maximum removed", Major, Patch, |d| {
                remove(property(d, "Item", "weight"), "maximum")
            }),
            ("response minimum lowered", Major, Patch, |d| {
                property(d, "Item", "weight")["minimum"] = (-1).into()
            }),
            ("response text may be longer", Major, Patch, |d| {
                property(d, "Item", "name")["maxLength"] = 100.into()
            }),
            ("response list gets a bound", Patch, Major, |d| {
                property(d, "Page", "data")["maxItems"] = 100.into()
            }),
            (
                "response without additional properties",
                Patch,
                Patch,
                |d| d["components"]["schemas"]["Item"]["additionalProperties"] = false.into(),
            ),
            (
                "response accepts additional properties",
                Major,
                Major,
                |d| d["components"]["schemas"]["Item"]["additionalProperties"] = true.into(),
            ),
            ("response property becomes read-only", Patch, Patch, |d| {
                property(d, "Item", "id")["readOnly"] = true.into()
            }),
            ("response property described", Patch, Patch, |d| {
                property(d, "Item", "id")["description"] = "Its id.".into()
            }),
            ("response property with an example", Patch, Patch, |d| {
                property(d, "Item", "id")["example"] = json!({"enum": null})
            }),
            ("enum gets a title", Major, Major, |d| {
                property(d, "Item", "state")["title"] = "State of things".into()
            }),
            ("string gets a title", Patch, Patch, |d| {
                property(d, "Item", "id")["title"] = "Id".into()
            }),
            (
                "property of both directions may be null",
                Major,
                Major,
                |d| property(d, "Label", "colour")["nullable"] = true.into(),
            ),
            (
                "optional property of both directions added",
                Minor,
                Major,
                |d| *property(d, "Label", "size") = json!({"type": "integer"}),
            ),
            (
                "required property of both directions added",
                Major,
                Major,
                |d| {
                    *property(d, "Label", "size") = json!({"type": "integer"});
                    require(d, "Label", "size");
                },
            ),
            ("status added", Minor, Major, |d| {
                get(d)["responses"]["206"] = get(d)["responses"]["200"].clone()
            }),
            ("status with other content added", Major, Major, |d| {
                get(d)["responses"]["206"] = post(d)["responses"]["200"].clone()
            }),
            ("error status added", Major, Major, |d| {
                get(d)["responses"]["404"] = get(d)["responses"]["200"].clone()
            }),
            ("media type of the response added", Minor, Major, |d| {
                get(d)["responses"]["200"]["content"]["text/csv"] =
                    json!({"schema": {"type": "string"}});
            }),
            ("header added", Patch, Major, |d| {
                get(d)["responses"]["200"]["headers"]["x-page"] =
                    json!({"schema": {"type": "string"}});
            }),
            ("header required", Patch, Major, |d| {
                get(d)["responses"]["200"]["headers"]["x-request-id"]["required"] = true.into()
            }),
            ("header type", Major, Major, |d| {
                get(d)["responses"]["200"]["headers"]["x-request-id"]["schema"]["type"] =
                    "integer".into()
            }),
            ("response described", Patch, Patch, |d| {
                get(d)["responses"]["200"]["description"] = "One page.".into()
            }),
        ],
        &["status with other content added", "error status added"],
    );
}

#[test]
fn security_and_server_changes_require_listed_version_bump() {
    check(
        &[
            ("security scheme replaced", Major, Major, |d| {
                get(d)["security"] = json!([{"Admin": []}])
            }),
            ("alternative key added", Minor, Major, |d| {
                get(d)["security"] = json!([{"Key": []}, {"Admin": []}])
            }),
            ("second key required", Major, Major, |d| {
                get(d)["security"] = json!([{"Key": [], "Admin": []}])
            }),
            ("security removed", Minor, Major, |d| {
                get(d)["security"] = json!([])
            }),
            ("security scope added", Major, Major, |d| {
                get(d)["security"] = json!([{"Key": ["write"]}])
            }),
            ("security of the document changed", Major, Major, |d| {
                d["security"] = json!([{"Admin": []}])
            }),
            (
                "security scheme becomes an API key header",
                Major,
                Major,
                |d| {
                    d["components"]["securitySchemes"]["Key"] =
                        json!({"type": "apiKey", "in": "header", "name": "x-key"});
                },
            ),
            ("unused security scheme added", Patch, Patch, |d| {
                d["components"]["securitySchemes"]["Spare"] =
                    json!({"type": "http", "scheme": "basic"});
            }),
            ("server replaced", Major, Major, |d| {
                d["servers"][0]["url"] = "https://lists.example/v2".into()
            }),
            ("server added", Patch, Major, |d| {
                d["servers"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"url": "https://eu.lists.example/v1"}));
            }),
            ("version", Patch, Patch, |d| {
                d["info"]["version"] = "2".into()
            }),
            ("tags", Patch, Patch, |d| {
                d["tags"] = json!([{"name": "Items"}])
            }),
            ("webhooks without a rule", Major, Major, |d| {
                d["webhooks"] = json!({})
            }),
        ],
        &[],
    );
}

#[test]
fn change_is_reported_with_request_or_response_direction() {
    let new = edited(|d| {
        for schema in ["NewItem", "Item", "Label"] {
            *property(d, schema, "due") = json!({"type": "string"});
        }
    });

    let changes = report(&before(), &new).changes;

    let found: Vec<_> = changes
        .iter()
        .map(|change| (change.location.as_str(), change.direction))
        .collect();
    let expected = [
        ("NewItem.due", Some(Direction::Request)),
        ("Item.due", Some(Direction::Response)),
        ("Label.due", Some(Direction::Both)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn operation_with_changed_schema_is_reported_as_changed() {
    // Both operations return `Item`. Only one of them sends `NewItem`.
    let new = edited(|d| *property(d, "Item", "due") = json!({"type": "string"}));
    assert_eq!(
        report(&before(), &new).operations.changed,
        ["GET /lists/{list}/items", "POST /lists/{list}/items"]
    );

    let new = edited(|d| *property(d, "NewItem", "due") = json!({"type": "string"}));
    assert_eq!(
        report(&before(), &new).operations.changed,
        ["POST /lists/{list}/items"]
    );
}

#[test]
fn renamed_schema_is_one_change() {
    let text = before()
        .to_string()
        .replace("schemas/Label", "schemas/Mark")
        .replace("\"Label\":", "\"Mark\":");

    let changes = report(&before(), &serde_json::from_str(&text).unwrap()).changes;

    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0].location, "Label");
    assert_eq!(changes[0].what, "the type is now called `Mark`");
}

#[test]
fn changed_public_items_raise_version_bump() {
    let lines = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| (*line).to_owned())
            .collect::<Vec<_>>()
    };
    let (one, two) = (
        lines(&["pub struct A"]),
        lines(&["pub struct A", "pub struct B"]),
    );
    let verdict = |old: &[String], new: &[String]| {
        Report::new(&before(), &before(), SurfaceDiff::new(old, new)).verdict
    };

    assert_eq!(verdict(&one, &one), None);
    assert_eq!(verdict(&one, &two), Some(Minor));
    assert_eq!(verdict(&two, &one), Some(Major));
}

/// Replaces each value of a document in turn and expects a change in the report.
#[test]
fn every_difference_is_reported() {
    let old = before();
    let mut places = vec![String::new()];
    let mut silent = Vec::new();
    while let Some(place) = places.pop() {
        match old.pointer(&place) {
            Some(Value::Object(map)) => {
                let escaped = map
                    .keys()
                    .map(|key| key.replace('~', "~0").replace('/', "~1"));
                places.extend(escaped.map(|key| format!("{place}/{key}")));
            }
            Some(Value::Array(items)) => {
                places.extend((0..items.len()).map(|index| format!("{place}/{index}")));
            }
            _ => {}
        }
        for other in [json!("other"), json!({})] {
            let new = edited(|d| *d.pointer_mut(&place).unwrap() = other.clone());
            for (one, other) in [(&old, &new), (&new, &old)] {
                if one != other && report(one, other).verdict.is_none() {
                    silent.push(format!("{place} <> {other}"));
                }
            }
        }
    }
    assert_eq!(silent, [] as [&str; 0]);
}
