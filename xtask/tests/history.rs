//! Tests with complete upstream specs, which are not in the repository because of their size.
//!
//! ```sh
//! UPSTREAM_SPECS=FOLDER cargo test -p xtask --test history -- --nocapture
//! ```

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use xtask::{
    document,
    layout::Layout,
    overlay::Overlay,
    regen,
    select::{Selection, Selector},
};

/// The path of an operation that was added to `select.toml` in November 2026. Older upstream specs
/// describe it differently.
const ADDED_LATER: &str = "/organization/projects";
/// The schemas that only this operation uses.
const ADDED_SCHEMAS: [&str; 4] = [
    "Project",
    "ProjectList",
    "ProjectListResponse",
    "PublicProjectResidency",
];

/// Compares the trimmed spec of every file in `UPSTREAM_SPECS` with openapi/permissions.json.
///
/// The operation that older upstream specs describe differently is compared only for the pinned
/// upstream spec.
#[test]
#[allow(clippy::print_stderr, reason = "a skipped comparison must be visible")]
fn past_upstream_specs_result_in_equal_permissions_document() {
    let Some(folder) = std::env::var_os("UPSTREAM_SPECS") else {
        eprintln!("skipped: set UPSTREAM_SPECS to a folder with upstream specs");
        return;
    };
    let layout = Layout::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let pinned = layout.read_lock().unwrap().unwrap().sha256;
    let mut compared = 0;
    for path in specs(Path::new(&folder)) {
        let upstream = document::read(&path).unwrap();
        let mut selection = layout.read_selection().unwrap();
        let mut overlay = document::read(&layout.overlay()).unwrap().value;
        let mut expected = document::read(&layout.permissions()).unwrap().value;
        if upstream.sha256 != pinned {
            remove_later_operation(&mut selection, &mut overlay, &mut expected);
        }
        let overlay = Overlay::new(overlay).unwrap();
        let specification = regen::specify(&upstream.value, &selection, &overlay).unwrap();
        let permissions = regen::render(&specification.document).unwrap();
        let expected = regen::render(&expected).unwrap();
        assert!(permissions == expected, "{} differs", path.display());
        eprintln!("{}: equal", path.display());
        compared += 1;
    }
    assert_ne!(compared, 0, "the folder contains no JSON or YAML file");
}

fn remove_later_operation(selection: &mut Selection, overlay: &mut Value, permissions: &mut Value) {
    let is_later = |selector: &Selector| {
        let request = selector.request.as_ref();
        request.is_some_and(|request| request.path == ADDED_LATER)
    };
    selection
        .operations
        .retain(|operation| !is_later(operation));

    let actions = overlay["actions"].as_array_mut().unwrap();
    actions.retain(|action| {
        let target = action["target"].as_str().unwrap();
        let mut parts = target.split(['.', '[']);
        !target.contains(ADDED_LATER) && !parts.any(|part| ADDED_SCHEMAS.contains(&part))
    });

    let paths = permissions["paths"].as_object_mut().unwrap();
    assert!(paths.remove(ADDED_LATER).is_some());
    let schemas = permissions["components"]["schemas"].as_object_mut();
    schemas
        .unwrap()
        .retain(|name, _| !ADDED_SCHEMAS.contains(&name.as_str()));
}

fn specs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        [".json", ".yaml", ".yml"]
            .iter()
            .any(|end| name.ends_with(end))
    });
    paths.sort();
    paths
}
