//! `audit` as a matrix, as rows and as a page.

use std::fs;
use std::process::Stdio;

use crate::support::{Fixture, snapshot};

/// Three checkpoints, and a manifest that differs for two of them.
fn audited() -> Fixture {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    fixture.run("create ft:b proj_b proj_c").data();
    fixture.run("create ft:c proj_a").data();
    let manifest =
        "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = [\"proj_b\", \"proj_c\", \"proj_d\"]\n";
    fixture.write_manifest(manifest);
    fixture
}

#[test]
fn audit_prints_matrix_or_rows_depending_on_format() {
    let fixture = audited();

    let matrix = fixture.run("audit ft:c ft:b ft:a --format table");
    assert_eq!(matrix.code(), Some(0));
    snapshot("audit", "permissions audit ft:c ft:b ft:a", &matrix);
    let rows = fixture.run("audit ft:c ft:b ft:a --format csv");
    snapshot("audit-csv", "the same with --format csv", &rows);
}

#[test]
fn audit_against_manifest_marks_drift() {
    let fixture = audited();

    let matrix = fixture.run("audit ft:a ft:b ft:c --against permissions.toml --format table");
    assert_eq!(matrix.code(), Some(2));
    snapshot(
        "audit-against",
        "permissions audit --against permissions.toml",
        &matrix,
    );
    let rows = fixture.run("audit --against permissions.toml");
    assert_eq!(rows.code(), Some(2));
    snapshot(
        "audit-against-plain",
        "the same in a pipe, for the checkpoints of the manifest",
        &rows,
    );
}

#[test]
fn audit_reads_checkpoints_from_manifest_and_list() {
    let fixture = audited();
    fs::write(fixture.folder().join("list.txt"), "# ours\nft:c\n\nft:a\n").unwrap();
    let checkpoints = |args: &str| -> Vec<String> {
        let ran = fixture.run(args);
        let mut found: Vec<String> = Vec::new();
        for line in ran.stdout().lines() {
            let checkpoint = line.split('\t').next().unwrap().to_owned();
            if !found.contains(&checkpoint) {
                found.push(checkpoint);
            }
        }
        found
    };

    assert_eq!(
        checkpoints("audit --manifest permissions.toml"),
        ["ft:a", "ft:b"]
    );
    assert_eq!(
        checkpoints("audit --from list.txt ft:b"),
        ["ft:b", "ft:c", "ft:a"]
    );

    fs::write(fixture.folder().join("list.txt"), "ft:a\n..\n").unwrap();
    let refused = fixture.run("audit --from list.txt");
    assert_eq!(refused.code(), Some(64));
    snapshot("audit-from-mistake", "a list with an invalid id", &refused);
}

#[test]
fn audit_continues_after_unreadable_checkpoint() {
    let fixture = audited();
    let long = format!("ft:{}", "x".repeat(600));

    let ran = fixture.run(&format!("audit ft:a {long}"));

    assert_eq!(ran.code(), Some(1));
    assert_eq!(ran.stdout().lines().count(), 3, "{ran}");
    assert!(ran.stdout().ends_with("\tnot_read\n"), "{ran}");
    assert!(
        ran.stderr().contains(
            "1 checkpoint could not be read; the data of all other checkpoints is complete"
        ),
        "{ran}"
    );
}

#[test]
fn id_with_markup_is_escaped_on_page() {
    let fixture = Fixture::new();
    let id = "</script><script>alert(1)</script>";
    let mut create = fixture.command(["create", id, id]);
    assert!(create.stdout(Stdio::null()).status().unwrap().success());

    let mut audit = fixture.command(["audit", id, "--html", "page.html"]);
    assert!(audit.stderr(Stdio::null()).status().unwrap().success());

    let page = fs::read_to_string(fixture.folder().join("page.html")).unwrap();
    assert!(!page.contains("alert(1)</script>"));
}

#[test]
fn audit_page_escapes_direction_overrides_in_names() {
    let projects = [("proj_a".to_owned(), "safe\u{202e}live".to_owned())];
    let fixture = Fixture::with_many_projects(projects.into_iter());
    fixture.run("create ft:a proj_a").data();

    let page = fixture.run("audit ft:a --names --html -");

    assert!(
        page.stdout().contains(r#""label":"safe\\u{202e}live""#),
        "{page}"
    );
}
