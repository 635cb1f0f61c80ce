//! Tests of the Markdown and JSON formats of the report.

use serde_json::json;

use super::super::{Pins, Pipeline, Report, SurfaceDiff, markdown};
use super::{before, edited, get, parameter, property, require};
use crate::lock::Lock;
use crate::overlay::Applied;
use crate::problem::Note;
use crate::tree::Pointer;

fn lock(commit: &str, bytes: u64) -> Lock {
    Lock {
        file: "openapi.json".into(),
        repository: Some("lists/openapi".into()),
        commit: Some(commit.into()),
        path: Some("openapi.json".into()),
        sha256: commit.repeat(6),
        bytes,
        openapi: "3.1.0".into(),
        generator: "progenitor-impl 0.15.1".into(),
        inputs_sha256: String::new(),
        permissions_sha256: String::new(),
        generated_sha256: String::new(),
    }
}

fn full() -> Report {
    let new = edited(|d| {
        *property(d, "Item", "due") = json!({"type": "string", "format": "date"});
        property(d, "Item", "note")["nullable"] = true.into();
        require(d, "NewItem", "weight");
        property(d, "Label", "text")["description"] = "The text of the label.".into();
        parameter(get(d), "limit")["schema"]["maximum"] = 200.into();
        d["paths"]["/lists"] = json!({"get": {"operationId": "list_lists", "responses": {"200": {"description": ""}}}});
        d["security"] = json!([{"Admin": []}]);
    });
    let old_lines = [
        "pub builder::CreateItem".into(),
        "pub types::NewItem::weight: Option<f64>".into(),
    ];
    let new_lines = [
        "pub builder::CreateItem".into(),
        "pub types::NewItem::weight: f64".into(),
        "pub types::Item::due: Option<NaiveDate>".into(),
    ];
    let mut report = Report::new(&before(), &new, SurfaceDiff::new(&old_lines, &new_lines));
    report.pins = Some(Pins {
        from: Some(lock("0a1b2c3", 1000)),
        to: lock("d4e5f60", 1200),
    });
    report.pipeline = Some(Pipeline {
        overlay: vec![Applied {
            target: "$.components.schemas[?@.type == 'a' || @.type == 'b']".into(),
            description: "an admin key\nis needed".into(),
            matched: 3,
        }],
        overlay_changed: true,
        notes: vec![Note {
            rule: "format",
            at: Pointer::root().to_string(),
            what: "dropped `unixtime`".into(),
        }],
    });
    report
}

#[test]
fn report_in_markdown_equals_snapshot() {
    insta::with_settings!({
        description => "The report on a new spec as the text of a pull request",
        omit_expression => true,
    }, { insta::assert_snapshot!(markdown::write(&full())) });
}

#[test]
fn report_without_changes_is_short() {
    let mut report = Report::new(&before(), &before(), SurfaceDiff::default());
    let lock = lock("0a1b2c3", 1000);
    report.pins = Some(Pins {
        from: Some(lock.clone()),
        to: lock,
    });

    let expected = "# The specification did not change for users\n\n\
         The pin is unchanged: `lists/openapi@0a1b2c3:openapi.json`.\n";
    assert_eq!(markdown::write(&report), expected);
}

#[test]
fn report_as_json_has_same_content() {
    let value = serde_json::to_value(full()).unwrap();

    assert_eq!(value["verdict"], "major");
    assert_eq!(value["pins"]["to"]["commit"], "d4e5f60");
    assert_eq!(value["operations"]["added"], json!(["GET /lists"]));
    let due = value["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["location"] == "Item.due");
    assert_eq!(
        due.unwrap(),
        &json!({
            "grade": "minor", "direction": "response", "location": "Item.due",
            "what": "an optional property is new",
            "reason": "the non-exhaustive struct has a new field",
        })
    );
    assert_eq!(
        value["surface"]["removed"],
        json!(["pub types::NewItem::weight: Option<f64>"])
    );
    assert_eq!(value["pipeline"]["overlay"][0]["matched"], 3);
}

#[test]
fn unchanged_overlay_is_collapsed() {
    let mut report = full();
    if let Some(pipeline) = &mut report.pipeline {
        pipeline.overlay_changed = false;
    }

    let text = markdown::write(&report);

    assert!(
        text.contains("<details>\n<summary>Overlay: 1 actions, unchanged</summary>\n\n| matches |"),
        "{text}"
    );
    assert!(text.contains("|\n\n</details>\n\n## Select"), "{text}");
}
