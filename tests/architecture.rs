//! The invariants of ARCHITECTURE.md that can be read off the files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn members_know_only_whom_the_architecture_allows() {
    let allowed = BTreeMap::from([
        ("permissions-api", vec![]),
        ("permissions-ext", vec!["permissions-api"]),
        ("permissions-server", vec!["permissions-api"]),
        (
            "permissions-cli",
            vec!["permissions-ext", "permissions-server"],
        ),
        ("xtask", vec![]),
    ]);
    let members: BTreeSet<&str> = allowed.keys().copied().collect();

    for (member, allowed) in &allowed {
        let folder = if *member == "xtask" {
            "xtask".to_owned()
        } else {
            format!("crates/{member}")
        };
        let manifest: toml::Table = read(&Path::new(ROOT).join(folder).join("Cargo.toml"))
            .parse()
            .unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        let known: Vec<&str> = dependencies
            .keys()
            .map(String::as_str)
            .filter(|name| members.contains(name))
            .collect();
        let stranger = known.iter().find(|name| !allowed.contains(name));
        assert_eq!(stranger, None, "{member} must not depend on it");
    }
}

#[test]
fn client_and_server_do_not_know_each_other_in_their_sources() {
    for (member, stranger) in [
        ("permissions-ext", "permissions_server"),
        ("permissions-server", "permissions_ext"),
    ] {
        for file in rust_files(&Path::new(ROOT).join("crates").join(member).join("src")) {
            let code = code(&file);
            assert!(
                !code.contains(stranger),
                "{} names {stranger}",
                file.display()
            );
        }
    }
}

#[test]
fn no_crate_reads_the_specification_at_run_time() {
    for file in rust_files(&Path::new(ROOT).join("crates")) {
        let code = code(&file);
        assert!(
            !code.contains("openapi/"),
            "{} names a path of openapi/",
            file.display()
        );
    }
}

#[test]
fn every_dependency_of_the_workspace_says_why_it_is_there() {
    let manifest = read(&Path::new(ROOT).join("Cargo.toml"));
    let declared: toml::Table = manifest.parse().unwrap();
    let names = declared["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .keys();
    // serde and serde_json are what the mission names; a comment above a group speaks for the group.
    let comments: String = manifest
        .lines()
        .filter(|line| line.starts_with('#'))
        .collect();
    let ours = |name: &str| name.starts_with("permissions-");
    let silent: Vec<&String> = names
        .filter(|name| !ours(name) && !comments.contains(name.as_str()))
        .collect();
    assert_eq!(
        silent,
        Vec::<&String>::new(),
        "dependencies without a reason in Cargo.toml"
    );
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// A source file without its comment lines.
fn code(path: &Path) -> String {
    read(path)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
