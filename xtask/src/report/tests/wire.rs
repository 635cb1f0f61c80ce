//! What each change means for answers and for the whole document, forward and backward; the rows
//! are read as in `verdicts`.

use serde_json::{Value, json};

use super::super::Grade::{Major, Minor, Patch};
use super::super::Report;
use super::super::{Direction, SurfaceDiff};
use super::verdicts::check;
use super::{before, edited, get, post, property, remove, report, require};

#[test]
fn answers() {
    check(
        &[
            // Old clients ignore it; Rust: the struct is open to one field more. Backward it is missed.
            ("optional answer property added", Minor, Major, |d| {
                *property(d, "Item", "due") = json!({"type": "string"})
            }),
            // The server sends more than it promised before; backward clients miss it.
            ("required answer property added", Minor, Major, |d| {
                *property(d, "Item", "due") = json!({"type": "string"});
                require(d, "Item", "due");
            }),
            // Rust: a bare type instead of an `Option`, and back; wire, backward: it may be missing.
            ("answer property becomes required", Major, Major, |d| {
                require(d, "Item", "note")
            }),
            // Wire: null comes where none was; Rust: an `Option`.
            ("required answer property may be null", Major, Major, |d| {
                property(d, "Item", "name")["nullable"] = true.into()
            }),
            // Rust: an `Option` before and after; wire: null comes where none was, backward it ceases to.
            ("optional answer property may be null", Major, Patch, |d| {
                property(d, "Item", "note")["nullable"] = true.into()
            }),
            // Rust: an `Option` before and after, and one that is missing reads as null.
            (
                "nullable answer property may be missing",
                Major,
                Patch,
                |d| {
                    d["components"]["schemas"]["Item"]["required"] =
                        json!(["id", "name", "created_at", "state"]);
                },
            ),
            // Wire and Rust.
            ("answer property type", Major, Major, |d| {
                property(d, "Item", "created_at")["type"] = "string".into()
            }),
            // An integer is a number, and Rust has two types for them.
            ("answer integer becomes a number", Major, Major, |d| {
                property(d, "Item", "created_at")["type"] = "number".into()
            }),
            // `i64` is what an integer is without: the answer only says more. Backward it may hold others.
            ("answer integer of 64 bits", Patch, Major, |d| {
                property(d, "Item", "created_at")["format"] = "int64".into()
            }),
            // Rust: `i32`.
            ("answer integer of 32 bits", Major, Major, |d| {
                property(d, "Item", "created_at")["format"] = "int32".into()
            }),
            // A format that the generator does not know.
            ("answer integer is a time", Patch, Major, |d| {
                property(d, "Item", "created_at")["format"] = "unixtime".into()
            }),
            // Rust: `f32`.
            ("answer number of 32 bits", Major, Major, |d| {
                property(d, "Item", "weight")["format"] = "float".into()
            }),
            // Bounds make no types: the answer holds less, backward more.
            ("answer integer from zero on", Patch, Major, |d| {
                property(d, "Item", "created_at")["minimum"] = 0.into()
            }),
            // The client does not check patterns.
            ("answer text gets a pattern", Patch, Patch, |d| {
                property(d, "Item", "note")["pattern"] = "^[a-z]+$".into()
            }),
            // Each item comes once, backward it may come twice.
            ("answer list of unique items", Patch, Major, |d| {
                property(d, "Page", "data")["uniqueItems"] = true.into()
            }),
            // What an answer means that leaves it out is up to its reader.
            ("answer property gets a default", Patch, Patch, |d| {
                property(d, "Item", "note")["default"] = "none".into()
            }),
            // Wire: old clients do not know the value; Rust: a `match` breaks. Backward a name breaks.
            ("answer enum value added", Major, Major, |d| {
                property(d, "Item", "state")["enum"] = json!(["open", "done", "late"])
            }),
            // Rust: an enum instead of text.
            ("answer text becomes an enum", Major, Major, |d| {
                property(d, "Item", "note")["enum"] = json!(["a", "b"])
            }),
            // Rust: variants compare by their order.
            ("answer enum reordered", Major, Major, |d| {
                property(d, "Item", "state")["enum"] = json!(["done", "open"])
            }),
            // Wire: an answer may hold more than it ever did; backward it holds less.
            ("answer maximum raised", Major, Patch, |d| {
                property(d, "Item", "weight")["maximum"] = 1000.into()
            }),
            ("answer maximum gone", Major, Patch, |d| {
                remove(property(d, "Item", "weight"), "maximum")
            }),
            ("answer minimum lowered", Major, Patch, |d| {
                property(d, "Item", "weight")["minimum"] = (-1).into()
            }),
            // As with numbers: longer text may come than ever did.
            ("answer text may be longer", Major, Patch, |d| {
                property(d, "Item", "name")["maxLength"] = 100.into()
            }),
            // A list in an answer may be longer, backward shorter.
            ("answer list gets a bound", Patch, Major, |d| {
                property(d, "Page", "data")["maxItems"] = 100.into()
            }),
            // Old clients ignore unknown properties, and the Rust type does not change.
            (
                "response without additional properties",
                Patch,
                Patch,
                |d| d["components"]["schemas"]["Item"]["additionalProperties"] = false.into(),
            ),
            // Rust: a struct keeps them in a map where they are said to be allowed.
            (
                "answer says that it takes further properties",
                Major,
                Major,
                |d| d["components"]["schemas"]["Item"]["additionalProperties"] = true.into(),
            ),
            // The field is there; who sends it is documentation.
            ("answer property only read", Patch, Patch, |d| {
                property(d, "Item", "id")["readOnly"] = true.into()
            }),
            ("answer property described", Patch, Patch, |d| {
                property(d, "Item", "id")["description"] = "Its id.".into()
            }),
            ("answer property with an example", Patch, Patch, |d| {
                property(d, "Item", "id")["example"] = json!({"enum": null})
            }),
            // The name of the type comes from the schema or the property, unless a title says otherwise.
            ("titled enum", Major, Major, |d| {
                property(d, "Item", "state")["title"] = "State of things".into()
            }),
            ("titled text", Patch, Patch, |d| {
                property(d, "Item", "id")["title"] = "Id".into()
            }),
            // What travels both ways is graded by the stricter rule: taken, but not promised before.
            ("property of both ways may be null", Major, Major, |d| {
                property(d, "Label", "colour")["nullable"] = true.into()
            }),
            // Both rules are content: no request needs it.
            ("optional property of both ways added", Minor, Major, |d| {
                *property(d, "Label", "size") = json!({"type": "integer"})
            }),
            // A request needs it.
            ("required property of both ways added", Major, Major, |d| {
                *property(d, "Label", "size") = json!({"type": "integer"});
                require(d, "Label", "size");
            }),
            // Another success with the same content is read the same; backward old clients wait for it.
            ("status added", Minor, Major, |d| {
                get(d)["responses"]["206"] = get(d)["responses"]["200"].clone()
            }),
            // Rust: it decides on what the method returns.
            ("status with other content added", Major, Major, |d| {
                get(d)["responses"]["206"] = post(d)["responses"]["200"].clone()
            }),
            // Rust: the method's error has a type then.
            ("error status added", Major, Major, |d| {
                get(d)["responses"]["404"] = get(d)["responses"]["200"].clone()
            }),
            // Old clients cannot read anything else; one more does not hurt.
            ("media type of the answer added", Minor, Major, |d| {
                get(d)["responses"]["200"]["content"]["text/csv"] =
                    json!({"schema": {"type": "string"}});
            }),
            // The client hands all headers on; who reads one that ceases to come finds nothing.
            ("header added", Patch, Major, |d| {
                get(d)["responses"]["200"]["headers"]["x-page"] =
                    json!({"schema": {"type": "string"}});
            }),
            // It always came, then it may not.
            ("header required", Patch, Major, |d| {
                get(d)["responses"]["200"]["headers"]["x-request-id"]["required"] = true.into()
            }),
            ("header type", Major, Major, |d| {
                get(d)["responses"]["200"]["headers"]["x-request-id"]["schema"]["type"] =
                    "integer".into()
            }),
            ("answer described", Patch, Patch, |d| {
                get(d)["responses"]["200"]["description"] = "One page.".into()
            }),
        ],
        &["status with other content added", "error status added"],
    );
}

#[test]
fn keys_and_servers() {
    check(
        &[
            // A key that was taken is refused.
            ("another key", Major, Major, |d| {
                get(d)["security"] = json!([{"Admin": []}])
            }),
            // Every key that was taken is taken; backward one is not.
            ("one key or another", Minor, Major, |d| {
                get(d)["security"] = json!([{"Key": []}, {"Admin": []}])
            }),
            // Both are needed; backward one is enough, but the requirement is another alternative.
            ("both keys", Major, Major, |d| {
                get(d)["security"] = json!([{"Key": [], "Admin": []}])
            }),
            // Nothing is needed; backward it is.
            ("no key", Minor, Major, |d| get(d)["security"] = json!([])),
            // The key needs more than it had.
            ("a scope", Major, Major, |d| {
                get(d)["security"] = json!([{"Key": ["write"]}])
            }),
            // Written at the operation, what holds for all holds for it: the same.
            ("a key for all, another for one", Major, Major, |d| {
                d["security"] = json!([{"Admin": []}])
            }),
            // The key is sent elsewhere.
            ("key in a header of its own", Major, Major, |d| {
                d["components"]["securitySchemes"]["Key"] =
                    json!({"type": "apiKey", "in": "header", "name": "x-key"});
            }),
            // Which operations ask for it is what counts, and none does.
            ("scheme that nothing asks for", Patch, Patch, |d| {
                d["components"]["securitySchemes"]["Spare"] =
                    json!({"type": "http", "scheme": "basic"});
            }),
            // Old clients ask at the old address.
            ("server replaced", Major, Major, |d| {
                d["servers"][0]["url"] = "https://lists.example/v2".into()
            }),
            // One address more; backward one less.
            ("server added", Patch, Major, |d| {
                d["servers"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"url": "https://eu.lists.example/v1"}));
            }),
            // The client sends no version.
            ("version", Patch, Patch, |d| {
                d["info"]["version"] = "2".into()
            }),
            ("tags", Patch, Patch, |d| {
                d["tags"] = json!([{"name": "Items"}])
            }),
            // No rule knows what a document gains at its root.
            ("webhooks, which no rule knows", Major, Major, |d| {
                d["webhooks"] = json!({})
            }),
        ],
        &[],
    );
}

#[test]
fn change_has_direction_of_its_value() {
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
fn operation_with_changed_schema_is_changed() {
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
fn changed_public_items_raise_verdict() {
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
