//! Tests that the generated files are up to date.

use std::path::{Path, PathBuf};

use xtask::{document, layout::Layout, regen, surface};

#[path = "support/operations.rs"]
mod operations;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn generated_code_is_up_to_date() {
    let made = regen::from_permissions(&Layout::new(root())).unwrap();

    let changes = made.output.changes().unwrap();

    assert!(
        changes.is_empty(),
        "generated files are out of date; run `cargo xtask regen`\n{}",
        regen::diffs(&changes)
    );
}

#[test]
fn public_items_equal_snapshot() {
    let code = std::fs::read_to_string(Layout::new(root()).generated()).unwrap();

    let lines = surface::list(&code).unwrap();

    insta::with_settings!({
        description => "Every public item of the generated client. A removed or changed line breaks users.",
        omit_expression => true,
    }, { insta::assert_snapshot!("surface", lines.join("\n")) });
}

#[test]
fn operations_equal_snapshot() {
    let document = document::read(&Layout::new(root()).permissions())
        .unwrap()
        .value;

    insta::with_settings!({
        description => "The operations of openapi/permissions.json.",
        omit_expression => true,
    }, { insta::assert_snapshot!("operations", operations::table(&document)) });
}

#[test]
fn edited_selection_without_regen_fails() {
    let workspace = tempfile::tempdir().unwrap();
    let openapi = workspace.path().join("openapi");
    std::fs::create_dir(&openapi).unwrap();
    for name in [
        "select.toml",
        "overlay.yaml",
        "upstream.lock",
        "permissions.json",
    ] {
        std::fs::copy(root().join("openapi").join(name), openapi.join(name)).unwrap();
    }
    let edit = |from: &str, to: &str| {
        let path = openapi.join("select.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        std::fs::write(&path, text.replace(from, to)).unwrap();
        regen::from_permissions(&Layout::new(workspace.path()))
    };

    edit("operations = [", "# A remark.\noperations = [").unwrap();
    let error = edit(
        "operations = [",
        "operations = [\n  \"GET /added/by/this/test\",",
    );

    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("select.toml") && text.contains("regen --from"),
        "{text}"
    );
}
