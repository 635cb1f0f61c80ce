//! The rules of ARCHITECTURE.md about crates and modules.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot continue fails"
)]

mod crates;
mod modules;

use std::collections::{BTreeMap, BTreeSet};

use self::crates::Workspace;
use self::modules::Crate;

#[test]
fn crates_depend_only_on_allowed_crates() {
    let allowed = BTreeMap::from([
        ("permissions-api", BTreeSet::new()),
        ("permissions-ext", BTreeSet::from(["permissions-api"])),
        ("permissions-server", BTreeSet::new()),
        (
            "permissions-cli",
            BTreeSet::from(["permissions-ext", "permissions-server"]),
        ),
        ("xtask", BTreeSet::new()),
    ]);
    let workspace = Workspace::read();

    for (name, allowed) in &allowed {
        let dependencies = workspace.normal_dependencies(name);
        let forbidden: Vec<&str> = dependencies
            .iter()
            .map(String::as_str)
            .filter(|dependency| workspace.contains(dependency) && !allowed.contains(dependency))
            .collect();
        assert_eq!(forbidden, Vec::<&str>::new(), "dependencies of {name}");
    }
}

#[test]
fn modules_have_no_import_cycles() {
    let workspace = Workspace::read();
    // permissions-api is left out: progenitor's client refers to the hooks, which implement a trait for that client.
    let crates = [
        "permissions-ext",
        "permissions-server",
        "permissions-cli",
        "xtask",
    ];

    let cycles: Vec<String> = crates
        .iter()
        .flat_map(|name| Crate::read(&workspace.source_folder(name)).cycles())
        .collect();

    assert!(cycles.is_empty(), "\n{}", cycles.join("\n"));
}

#[test]
fn error_and_retry_modules_import_no_operation() {
    let workspace = Workspace::read();
    let library = Crate::read(&workspace.source_folder("permissions-ext"));
    let operations = ["list", "create", "delete", "sync", "audit", "blocking"];

    for module in ["error", "transport"] {
        let imported: Vec<String> = library
            .imports_of(module)
            .into_iter()
            .filter(|import| {
                operations
                    .iter()
                    .any(|operation| import.starts_with(operation))
            })
            .collect();
        assert_eq!(imported, Vec::<String>::new(), "imports of `{module}`");
    }
}

#[test]
fn published_crates_do_not_read_the_openapi_folder() {
    let workspace = Workspace::read();

    for name in ["permissions-api", "permissions-ext", "permissions-cli"] {
        let paths: Vec<String> = Crate::read(&workspace.source_folder(name))
            .string_literals()
            .filter(|text| text.contains("openapi/"))
            .collect();
        assert_eq!(paths, Vec::<String>::new(), "string literals of {name}");
    }
}
