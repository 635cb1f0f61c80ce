//! Tests of manifests, plans and `apply`.

use std::fs;
use std::process::Command;

use crate::support::{Fixture, Ran, bare, run, snapshot};

const MANIFEST: &str = "\
# Who may use what.
[checkpoints]
\"ft:a\" = [\"proj_a\", \"proj_c\"] # the pilot
\"ft:b\" = [
    \"proj_b\",
]
";

/// A fixture in which permissions.toml differs from the live permissions, which let proj_a and proj_b use `ft:a`.
fn drifted() -> Fixture {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    fixture.write_manifest(MANIFEST);
    fixture
}

fn projects(fixture: &Fixture, checkpoint: &str) -> Vec<String> {
    let listed = fixture.run(&format!("list {checkpoint} --order ascending"));
    let project = |line: &str| line.split('\t').nth(2).unwrap().to_owned();
    listed.data().lines().map(project).collect()
}

#[test]
fn applied_manifest_is_in_sync() {
    let fixture = drifted();

    let planned = fixture.run("plan");
    assert_eq!(planned.code(), Some(2));
    snapshot("plan", "permissions plan, with something to do", &planned);
    snapshot(
        "plan-verbose",
        "permissions plan -v",
        &fixture.run("plan -v"),
    );
    snapshot(
        "plan-csv",
        "permissions plan --format csv",
        &fixture.run("plan --format csv"),
    );

    let applied = fixture.run("apply --yes --allow-delete");
    assert_eq!(applied.code(), Some(0));
    assert_eq!(applied.stderr(), "applied 3 changes\n");
    let mut results: Vec<Vec<&str>> = applied
        .stdout()
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    // Checkpoints are applied concurrently, in any order.
    results.sort_unstable();
    let results: Vec<[&str; 3]> = results.iter().map(|row| [row[1], row[2], row[4]]).collect();
    assert_eq!(
        results,
        [
            ["ft:a", "proj_c", "created"],
            ["ft:b", "proj_b", "created"],
            ["ft:a", "proj_b", "deleted"],
        ]
    );

    assert_eq!(projects(&fixture, "ft:a"), ["proj_a", "proj_c"]);
    assert_eq!(projects(&fixture, "ft:b"), ["proj_b"]);
    let again = fixture.run("plan");
    assert_eq!(again.code(), Some(0));
    snapshot(
        "plan-in-sync",
        "permissions plan, with nothing to do",
        &again,
    );
    assert_eq!(fixture.run("apply").code(), Some(0));
}

#[test]
fn apply_without_allow_delete_changes_nothing() {
    let fixture = drifted();

    let deletes = fixture.run("apply --yes");
    assert_eq!(deletes.code(), Some(64));
    snapshot(
        "apply-deletes",
        "permissions apply --yes, with a plan that deletes",
        &deletes,
    );

    fixture.write_manifest("[checkpoints]\n\"ft:a\" = []\n");
    let empties = fixture.run("apply --yes --allow-delete");
    assert_eq!(empties.code(), Some(64));
    snapshot("apply-empties", "the same, if no project is left", &empties);

    fixture.write_manifest("[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_b\", \"proj_c\"]\n");
    let unconfirmed = fixture.run("apply");
    assert_eq!(unconfirmed.code(), Some(64));
    snapshot(
        "apply-unconfirmed",
        "permissions apply, without a terminal",
        &unconfirmed,
    );

    assert_eq!(projects(&fixture, "ft:a"), ["proj_a", "proj_b"]);
}

#[test]
fn saved_plan_after_other_change_is_refused() {
    let fixture = drifted();
    assert_eq!(fixture.run("plan --out plan.json").code(), Some(2));
    fixture.run("create ft:a proj_z").data();

    let refused = fixture.run("apply plan.json --yes --allow-delete");

    assert_eq!(refused.code(), Some(1));
    snapshot(
        "apply-stale",
        "a saved plan, after another change",
        &refused,
    );
    assert_eq!(projects(&fixture, "ft:a"), ["proj_a", "proj_b", "proj_z"]);
}

#[test]
fn saved_plan_without_file_option_ignores_manifest() {
    let fixture = drifted();
    assert_eq!(fixture.run("plan --out plan.json").code(), Some(2));
    fixture.write_manifest("this is not even TOML");

    let applied = fixture.run("apply plan.json --yes --allow-delete");

    assert_eq!(applied.code(), Some(0));
    assert_eq!(projects(&fixture, "ft:a"), ["proj_a", "proj_c"]);
}

#[test]
fn invalid_plan_file_is_refused() {
    let fixture = Fixture::new();
    fs::write(fixture.folder().join("plan.json"), "{\"version\": 9}").unwrap();

    let refused = fixture.run("apply plan.json");

    assert_eq!(refused.code(), Some(64));
    snapshot("apply-no-plan", "a file that is not a plan", &refused);
}

#[test]
fn manifest_errors_are_shown_with_lines() {
    let fixture = Fixture::new();
    fixture.write_manifest(
        "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_a\", \"${NOT_SET}\"]\nft.b = 1\n",
    );

    let shown = fixture.run("check");
    assert_eq!(shown.code(), Some(64));
    snapshot("check-mistakes", "permissions check", &shown);
    snapshot(
        "check-mistakes-json",
        "the same with --format json",
        &fixture.run("check --format json"),
    );

    fixture.write_manifest("[checkpoints\n");
    snapshot(
        "check-no-toml",
        "a manifest that is not TOML",
        &fixture.run("plan"),
    );
    fixture.write_manifest("");
    snapshot("check-empty", "an empty manifest", &fixture.run("check"));
}

#[test]
fn check_works_without_key_and_network() {
    let fixture = drifted();
    let mut command = bare(["check"]);
    command.current_dir(fixture.folder());

    let checked = run(command);

    assert_eq!(checked.code(), Some(0));
    assert_eq!(
        checked.stderr(),
        "permissions.toml: 2 checkpoints, 3 permissions\n"
    );
}

#[test]
fn plan_out_to_missing_folder_fails() {
    let fixture = drifted();

    let refused = fixture.run("plan --out no/such/plan.json");

    assert_eq!((refused.code(), refused.stdout()), (Some(1), ""));
    snapshot(
        "plan-out-nowhere",
        "permissions plan --out into a missing folder",
        &refused,
    );
}

#[test]
fn missing_manifest_is_reported_with_remedy() {
    let fixture = Fixture::new();

    let missing = fixture.run("plan");
    assert_eq!(missing.code(), Some(64));
    snapshot(
        "manifest-missing",
        "permissions plan without a permissions.toml",
        &missing,
    );
}

#[test]
fn folder_of_manifests_is_merged() {
    let fixture = Fixture::new();
    let folder = fixture.folder().join("access");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("a.toml"),
        "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n",
    )
    .unwrap();
    fs::write(
        folder.join("b.toml"),
        "[checkpoints]\n\"ft:${SUFFIX}\" = [\"proj_b\"]\n",
    )
    .unwrap();
    let with_suffix = |suffix: &str| -> Ran {
        let mut command = fixture.command(["plan", "--file", "access", "--format", "plain"]);
        command.env("SUFFIX", suffix);
        run(command)
    };

    let both = with_suffix("b");
    assert_eq!(
        both.stdout(),
        "create\tft:a\tproj_a\t\ncreate\tft:b\tproj_b\t\n"
    );
    let clash = with_suffix("a");
    assert_eq!(clash.code(), Some(64));
    snapshot("manifest-clash", "a checkpoint in two files", &clash);
}

#[test]
fn export_writes_manifest_of_live_state() {
    let fixture = drifted();

    let exported = fixture.run("export ft:b ft:a");
    snapshot("export", "permissions export ft:b ft:a", &exported);

    assert_eq!(
        fixture.run("export ft:a ft:b --out live.toml").code(),
        Some(0)
    );
    assert_eq!(fixture.run("plan --file live.toml").code(), Some(0));
    let twice = fixture.run("export ft:a --out live.toml");
    assert_eq!(twice.code(), Some(1));
    snapshot(
        "export-exists",
        "permissions export --out with an existing file",
        &twice,
    );
}

#[test]
fn export_update_keeps_comments_and_order() {
    let fixture = drifted();
    fixture.run("create ft:new proj_x").data();

    let updated = fixture.run("export --update ft:new");

    assert_eq!(updated.stderr(), "updated permissions.toml\n", "{updated}");
    let text = fs::read_to_string(fixture.folder().join("permissions.toml")).unwrap();
    insta::with_settings!({
        description => "permissions.toml after `permissions export --update ft:new`",
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("export-update", text);
    });
    assert_eq!(fixture.run("plan").code(), Some(0));
}

#[test]
fn apply_after_partial_failure_applies_remaining_changes() {
    let fixture = Fixture::new();
    fixture.write_manifest("[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = [\"proj_b\"]\n");
    let long = "x".repeat(600);
    let text = format!("[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = [\"{long}\"]\n");
    fixture.write_manifest(&text);

    let part = fixture.run("apply --yes");
    assert_eq!(part.code(), Some(1));
    assert!(
        part.stdout().contains("create\tft:a\tproj_a\tcp_"),
        "{part}"
    );
    assert!(
        part.stderr()
            .contains("error: applied 1 of 2 changes; 1 failed"),
        "{part}"
    );

    fixture.write_manifest(&text.replace(&long, "proj_b"));
    let rest = fixture.run("apply --yes");
    assert_eq!(rest.code(), Some(0), "{rest}");
    assert_eq!(rest.stdout().lines().count(), 1);
}

#[test]
fn schema_describes_manifest() {
    let schema = run(bare(["schema"]));

    snapshot("schema", "permissions schema", &schema);
}

#[test]
fn local_file_supports_plan_and_apply() {
    let fixture = drifted();
    let local = |args: &str| {
        let mut command: Command = bare(format!("--local demo.db {args}").split_whitespace());
        command.current_dir(fixture.folder());
        run(command)
    };

    assert_eq!(local("apply --yes").code(), Some(0));
    assert_eq!(local("plan").code(), Some(0));
}

#[test]
fn update_keeps_crlf_line_endings() {
    let fixture = Fixture::with_projects();
    fixture.run("create ft:a proj_a proj_b").data();
    let path = fixture.folder().join("permissions.toml");
    let manifest =
        "[checkpoints]\r\n\"ft:a\" = [\r\n    \"proj_a\", # mine\r\n    \"proj_b\",\r\n]\r\n";
    fs::write(&path, manifest).unwrap();

    let unchanged = fixture.run("export --update");
    assert_eq!(unchanged.stderr(), "in sync: 1 checkpoint\n");
    let updated = fixture.run("export --update --names");

    assert_eq!(updated.stderr(), "updated permissions.toml\n");
    let expected = manifest.replace("\"proj_b\",", "\"proj_b\", # \"Maps\"");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}
