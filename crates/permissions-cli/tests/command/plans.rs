//! Saved plans: target, manifest, staleness and display.

use std::fs;
use std::process::Command;

use crate::support::{Fixture, Ran, bare, run, snapshot_text};

const MANIFEST: &str =
    "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_c\"]\n\"ft:b\" = [\"proj_b\"]\n";

/// A fixture where a plan creates two permissions and deletes one.
fn drifted() -> Fixture {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    fixture.write_manifest(MANIFEST);
    fixture
}

fn writes(fixture: &Fixture) -> usize {
    fixture
        .requests()
        .iter()
        .filter(|request| request.method != "GET")
        .count()
}

#[test]
fn saved_plan_contains_target_digest_and_version() {
    let fixture = drifted();

    fixture.run("plan --out plan.json --organization org-staging --api-project proj_x");

    let text = fs::read_to_string(fixture.folder().join("plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["version"], 2);
    assert_eq!(plan["target"]["base_url"], fixture.base_url());
    assert_eq!(plan["target"]["organization"], "org-staging");
    assert_eq!(plan["target"]["project"], "proj_x");
    assert!(
        plan["manifest_digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    assert_eq!(plan["tool_version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn plan_for_another_target_is_refused() {
    let (fixture, other) = (drifted(), drifted());
    fixture.run("plan --out plan.json --organization org-staging");
    let before = (writes(&fixture), writes(&other));
    let path = fixture.folder().join("plan.json");
    let apply = |fixture: &Fixture, args: &str| {
        let mut command =
            fixture.command(["apply", path.to_str().unwrap(), "--yes", "--allow-delete"]);
        command.args(args.split_whitespace());
        run(command)
    };

    for refused in [
        apply(&fixture, "--organization org-production"),
        apply(&fixture, ""),
        apply(&fixture, "--organization org-staging --api-project proj_x"),
        apply(&other, "--organization org-staging"),
    ] {
        assert_eq!(refused.code(), Some(64), "{refused}");
        assert!(refused.stderr().contains("org-staging"), "{refused}");
        assert!(
            refused.stderr().contains("nothing was changed"),
            "{refused}"
        );
    }
    assert_eq!((writes(&fixture), writes(&other)), before);
    assert_eq!(
        apply(&fixture, "--organization org-staging").code(),
        Some(0)
    );
}

#[test]
fn plan_for_local_file_is_bound_to_its_path() {
    let fixture = Fixture::new();
    fixture.write_manifest(MANIFEST);
    let local = |args: &str, folder: &str| -> Ran {
        let mut command: Command = bare(args.split_whitespace());
        command.current_dir(fixture.folder().join(folder));
        run(command)
    };
    fs::create_dir(fixture.folder().join("sub")).unwrap();
    for file in ["one.db", "two.db"] {
        assert_eq!(
            local(&format!("--local {file} create ft:z proj_z"), "").code(),
            Some(0)
        );
    }
    assert_eq!(
        local("--local one.db plan --out plan.json", "").code(),
        Some(2)
    );

    let refused = local("--local two.db apply plan.json --yes", "");
    assert_eq!(refused.code(), Some(64), "{refused}");
    assert!(refused.stderr().contains("two.db"), "{refused}");
    let applied = local("--local ../one.db apply ../plan.json --yes", "sub");
    assert_eq!(applied.code(), Some(0), "{applied}");
}

#[test]
fn saved_plan_never_creates_local_file() {
    let fixture = drifted();
    fixture.run("plan --out plan.json");

    let refused = run_local(&fixture, "apply plan.json --yes --allow-delete");

    assert_eq!(refused.code(), Some(64), "{refused}");
    assert!(refused.stderr().contains("does not exist"), "{refused}");
    assert!(!fixture.folder().join("new.db").exists());
}

fn run_local(fixture: &Fixture, args: &str) -> Ran {
    let args = format!("--local new.db {args}");
    let mut command: Command = bare(args.split_whitespace());
    command.current_dir(fixture.folder());
    run(command)
}

#[test]
fn finished_plan_applied_again_does_nothing() {
    let fixture = drifted();
    fixture.run("plan --out plan.json");
    let applied = fixture.run("apply plan.json --yes --allow-delete");
    assert_eq!(applied.stderr(), "applied 3 changes\n");
    let before = writes(&fixture);

    let again = fixture.run("apply plan.json --yes --allow-delete");

    assert_eq!(again.code(), Some(0), "{again}");
    assert!(again.stderr().contains("nothing to do"), "{again}");
    assert_eq!(writes(&fixture), before);
}

#[test]
fn plan_with_changed_manifest_is_refused() {
    let fixture = drifted();
    fixture.run("plan --out plan.json");
    let args = "apply plan.json --file permissions.toml --yes --allow-delete";
    let before = writes(&fixture);

    fixture.write_manifest(&MANIFEST.replace("proj_b", "proj_d"));
    let refused = fixture.run(args);
    assert_eq!(refused.code(), Some(64), "{refused}");
    assert!(refused.stderr().contains("digest"), "{refused}");
    assert_eq!(writes(&fixture), before);

    // Comments and layout do not change the digest.
    fixture.write_manifest(&format!(
        "# reviewed\n{}",
        MANIFEST.replace("[\"proj_a\", ", "[\n  \"proj_a\",\n  ")
    ));
    assert_eq!(fixture.run(args).code(), Some(0));
}

#[test]
fn edited_plan_that_contradicts_manifest_is_refused() {
    let fixture = drifted();
    fixture.run("plan --out plan.json");
    let path = fixture.folder().join("plan.json");
    let text = fs::read_to_string(&path).unwrap();
    let before = writes(&fixture);

    for (from, to) in [("proj_c", "proj_evil"), ("ft:b", "ft:evil")] {
        fs::write(&path, text.replace(from, to)).unwrap();
        let refused = fixture.run("apply plan.json --file permissions.toml --yes --allow-delete");
        assert_eq!(refused.code(), Some(64), "{refused}");
        assert!(
            refused.stderr().contains("contradicts the manifest"),
            "{refused}"
        );
    }
    assert_eq!(writes(&fixture), before);
}

#[test]
fn show_prints_saved_plan_without_network() {
    let fixture = drifted();
    fixture.run("plan --out plan.json");
    let show = |args: &str| {
        let mut command = bare(args.split(' '));
        command.current_dir(fixture.folder());
        let shown = run(command);
        assert_eq!(shown.code(), Some(0), "{shown}");
        let digest = shown.to_string();
        digest.replace(env!("CARGO_PKG_VERSION"), "[version]")
    };

    snapshot_text(
        "show",
        "permissions show plan.json",
        &show("show plan.json"),
    );
    snapshot_text(
        "show-markdown",
        "permissions show plan.json --format markdown",
        &show("show plan.json --format markdown"),
    );
    let rows = show("show plan.json --jq length");
    assert!(rows.contains("--- stdout\n4\n"), "{rows}");
}

#[test]
fn plan_writes_markdown_and_plan_file_together() {
    let fixture = drifted();

    let planned = fixture.run("plan --out plan.json --format markdown");

    assert_eq!(planned.code(), Some(2));
    assert!(
        planned
            .stdout()
            .starts_with("### Plan: 2 to create, 1 to delete"),
        "{planned}"
    );
    assert!(
        planned.stdout().contains("```diff\n  ft:a\n+   proj_c\n"),
        "{planned}"
    );
    assert!(fixture.folder().join("plan.json").exists());
}

#[test]
fn target_option_limits_plan_and_apply() {
    let fixture = drifted();

    let planned = fixture.run("plan --target ft:b");
    assert_eq!(planned.stdout(), "  ft:b\n+   proj_b\n");
    let unknown = fixture.run("plan --target ft:z");
    assert_eq!(unknown.code(), Some(64), "{unknown}");

    fixture.run("plan --out plan.json");
    for args in [
        "apply plan.json --target ft:b --yes",
        "apply --target ft:b --yes",
    ] {
        let applied = fixture.run(args);
        assert_eq!(applied.code(), Some(0), "{applied}");
    }
    let left = fixture.run("plan --jq [.[]|select(.change!=\"unchanged\")]|length");
    assert_eq!(left.stdout(), "2\n");
}

#[test]
fn manifest_as_plan_suggests_file_option() {
    let fixture = drifted();

    for args in ["apply permissions.toml", "plan permissions.toml"] {
        let refused = fixture.run(args);
        assert_eq!(refused.code(), Some(64));
        assert!(
            refused.stderr().contains("--file permissions.toml"),
            "{refused}"
        );
    }
}

#[test]
fn missing_manifest_names_the_option_that_was_used() {
    let fixture = Fixture::new();

    for (args, named, unnamed) in [
        ("audit --manifest x.toml", "--manifest", "--file"),
        ("audit --against x.toml ft:a", "--against", "--file"),
        ("plan --file x.toml", "--file", "--manifest"),
        ("export --update", "--file", "export --update"),
        ("export", "--file", "--update"),
        ("audit", "--manifest", "--file"),
    ] {
        let refused = fixture.run(args);
        assert_eq!(refused.code(), Some(64), "{args}: {refused}");
        assert!(refused.stderr().contains(named), "{args}: {refused}");
        assert!(!refused.stderr().contains(unnamed), "{args}: {refused}");
    }
}

#[test]
fn default_manifest_is_read_by_every_command() {
    let fixture = drifted();

    for (args, code) in [
        ("check", 0),
        ("plan", 2),
        ("audit", 0),
        ("export", 0),
        ("apply --dry-run", 2),
    ] {
        assert_eq!(fixture.run(args).code(), Some(code), "{args}");
    }
    assert!(fixture.run("export").stdout().contains("\"ft:b\" = []"));
}

#[test]
fn hidden_and_editor_files_are_ignored() {
    let fixture = drifted();
    let folder = fixture.folder().join("access");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.toml"), MANIFEST).unwrap();
    for name in [
        ".#a.toml",
        "._a.toml",
        "a.toml~",
        "#a.toml#",
        ".hidden.toml",
    ] {
        fs::write(folder.join(name), "not TOML").unwrap();
    }

    assert_eq!(fixture.run("check --file access").code(), Some(0));
}

#[test]
fn unusual_ids_warn_if_exported_and_fail_otherwise() {
    let fixture = Fixture::new();
    fixture.create_directly("proj_x", &["cp_1", "proj a"]);

    for text in [
        "\"proj_x\" = [\"cp_1\"]",
        "\"ft:a\" = [\"proj a\"]",
        "\"ft:a\" = [\"proj_a,proj_b\"]",
    ] {
        fixture.write_manifest(&format!("[checkpoints]\n{text}\n"));
        for args in ["check", "plan", "apply --yes"] {
            assert_eq!(fixture.run(args).code(), Some(64), "{args}: {text}");
        }
    }

    // The id is invalid as an argument. It comes from a manifest with the comment that `export` writes above such ids.
    fixture.write_manifest("[checkpoints]\n# unusual id, exported as it is\n\"proj_x\" = []\n");
    assert_eq!(fixture.run("export --update").code(), Some(0));
    let checked = fixture.run("check");
    assert_eq!(checked.code(), Some(0), "{checked}");
    assert!(
        checked
            .stderr()
            .contains("warning: permissions.toml:3:1: unusual checkpoint id"),
        "{checked}"
    );
    assert_eq!(
        checked.stderr().matches("warning: ").count(),
        3,
        "{checked}"
    );
    assert_eq!(fixture.run("plan").code(), Some(0));
    assert_eq!(fixture.run("check --strict").code(), Some(64));
}
