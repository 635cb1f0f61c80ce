//! Tests with complete upstream specs, which are not in the repository because of their size.
//!
//! ```sh
//! UPSTREAM_SPECS=FOLDER cargo test -p xtask --test history -- --nocapture
//! ```

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use xtask::{document, layout::Layout, regen};

/// Compares the trimmed spec of every file in `UPSTREAM_SPECS` with openapi/permissions.json.
#[test]
#[allow(clippy::print_stderr, reason = "a skipped comparison must be visible")]
fn upstream_specs_result_in_equal_permissions() {
    let Some(folder) = std::env::var_os("UPSTREAM_SPECS") else {
        eprintln!("skipped: set UPSTREAM_SPECS to a folder with upstream specs");
        return;
    };
    let layout = Layout::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let expected = std::fs::read_to_string(layout.permissions()).unwrap();
    let selection = layout.read_selection().unwrap();
    let overlay = layout.read_overlay().unwrap();
    let mut compared = 0;
    for path in specs(Path::new(&folder)) {
        let upstream = document::read(&path).unwrap();
        let specification = regen::specify(&upstream.value, &selection, &overlay).unwrap();
        let permissions = regen::render(&specification.document).unwrap();
        assert!(permissions == expected, "{} differs", path.display());
        eprintln!("{}: equal", path.display());
        compared += 1;
    }
    assert_ne!(compared, 0, "the folder contains no JSON or YAML file");
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
