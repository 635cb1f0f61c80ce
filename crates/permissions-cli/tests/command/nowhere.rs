//! Standard output that is full, discarded or closed.

use std::fs::File;
use std::process::Command;

use crate::support::{Fixture, bare, run, snapshot};

fn full() -> File {
    File::create("/dev/full").unwrap()
}

#[test]
fn full_standard_output_is_a_failure() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();

    let mut list = fixture.command(["list", "ft:a"]);
    list.stdout(full());
    let failed = run(list);
    assert_eq!(failed.code(), Some(1));
    snapshot("full", "permissions list > /dev/full", &failed);

    for args in ["--help", "--version", "schema", "completions bash"] {
        let mut command = bare(args.split(' '));
        command.stdout(full());
        let failed = run(command);
        assert_eq!(failed.code(), Some(1), "{args}: {failed}");
        assert!(failed.stderr().contains("standard output"), "{failed}");
    }
}

#[test]
fn changes_are_reported_when_output_is_full() {
    let fixture = Fixture::new();
    let into_full = |args: &str| {
        let mut command = fixture.command(args.split(' '));
        command.stdout(full());
        run(command)
    };

    let created = into_full("create ft:a proj_a proj_b");
    assert_eq!(created.code(), Some(1));
    snapshot("full-create", "permissions create > /dev/full", &created);
    let deleted = into_full("delete ft:a --project proj_a proj_b --yes");
    assert_eq!(deleted.code(), Some(1));
    snapshot(
        "full-delete",
        "permissions delete --yes > /dev/full",
        &deleted,
    );
    assert_eq!(fixture.run("list ft:a -q").data(), "");

    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = [\"proj_a\"]\n";
    fixture.write_manifest(manifest);
    let applied = into_full("apply --yes");
    assert_eq!(applied.code(), Some(1));
    snapshot("full-apply", "permissions apply > /dev/full", &applied);
    assert_eq!(fixture.run("plan").code(), Some(0));

    let filtered = fixture.run("create ft:c proj_a --jq-rows .id+1");
    assert_eq!(filtered.code(), Some(1));
    snapshot(
        "jq-create",
        "a filter that fails after a permission was created",
        &filtered,
    );
}

#[test]
fn discarded_output_moves_summary_to_standard_error() {
    let fixture = Fixture::new();
    let through_shell = |redirected: &str| {
        let script = format!("exec {} {redirected}", env!("CARGO_BIN_EXE_permissions"));
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .env_clear()
            .env("OPENAI_BASE_URL", fixture.base_url())
            .env("OPENAI_ADMIN_KEY", "sk-admin-test");
        run(command)
    };

    let discarded = through_shell("create ft:a proj_a > /dev/null");
    assert_eq!(
        (discarded.code(), discarded.stderr()),
        (Some(0), "ft:a: 1 permission created, 0 existing\n")
    );
    assert_eq!(through_shell("list ft:a > /dev/null").stderr(), "");
    assert_eq!(through_shell("list ft:a 1<>/dev/null").code(), Some(0));
    for args in ["list ft:a", "create ft:b proj_a", "--help", "schema"] {
        let closed = through_shell(&format!("{args} >&-"));
        assert_eq!(closed.code(), Some(1), "{args}: {closed}");
        assert!(
            closed.stderr().contains("standard output is closed"),
            "{args}: {closed}"
        );
    }
    assert_eq!(
        fixture.run("list ft:b -q").data(),
        "",
        "nothing was created"
    );
}

#[test]
fn mistyped_local_file_is_not_created() {
    let fixture = Fixture::new();
    let local = |args: &str| {
        let mut command = bare(format!("--local typo.db {args}").split_whitespace());
        command.current_dir(fixture.folder());
        run(command)
    };

    for args in [
        "list ft:a",
        "plan",
        "audit ft:a",
        "export ft:a",
        "delete ft:a cp_1",
        "doctor",
    ] {
        let refused = local(args);
        assert_eq!(refused.code(), Some(64), "{args}: {refused}");
        assert!(!fixture.folder().join("typo.db").exists(), "{args}");
    }
    snapshot(
        "local-mistyped",
        "permissions --local typo.db list ft:a",
        &local("list ft:a"),
    );
}

#[test]
fn endless_key_file_is_refused() {
    let endless = run(bare(["list", "ft:a", "--key-file", "/dev/zero"]));

    assert_eq!(endless.code(), Some(77));
    snapshot(
        "key-file-endless",
        "permissions list --key-file /dev/zero",
        &endless,
    );
}
