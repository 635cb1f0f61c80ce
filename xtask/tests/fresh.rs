//! What is in git is what the pipeline makes, and what it makes is reviewed.

use std::path::{Path, PathBuf};

use xtask::{
    document, operations,
    regen::{self, Layout},
    surface,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn generated_code_is_fresh() {
    let made = regen::from_permissions(&Layout::new(root())).unwrap();

    let changes = made.output.changes().unwrap();

    assert!(
        changes.is_empty(),
        "generated code is stale; run `cargo xtask regen`\n{}",
        regen::stale(&root(), &changes)
    );
}

#[test]
fn the_surface_of_the_client_is_reviewed() {
    let folder = Layout::new(root()).generated();
    let files = ["mod.rs", "types.rs", "builder.rs"]
        .map(|name| (name, std::fs::read_to_string(folder.join(name)).unwrap()));

    let lines = surface::list(files.iter().map(|(name, text)| (*name, text.as_str()))).unwrap();

    insta::with_settings!({
        description => "Every public item of the generated client. A line removed or changed breaks users.",
        omit_expression => true,
    }, { insta::assert_snapshot!("surface", lines.join("\n")) });
}

#[test]
fn the_operations_are_reviewed() {
    let document = document::read(&Layout::new(root()).permissions())
        .unwrap()
        .value;

    insta::with_settings!({
        description => "What the client can ask for, from openapi/permissions.json.",
        omit_expression => true,
    }, { insta::assert_snapshot!("operations", operations::table(&document)) });
}

#[test]
fn an_edit_that_nobody_regenerated_is_noticed_and_a_comment_is_none() {
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
        "operations = [\n  \"GET /organization/projects\",",
    );

    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("select.toml") && text.contains("regen --from"),
        "{text}"
    );
}
