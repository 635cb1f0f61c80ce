//! Output that leads nowhere: a device that is full, one that forgets, and none at all.

use std::fs::File;
use std::process::Command;

use crate::support::{World, bare, run, snapshot};

fn full() -> File {
    File::create("/dev/full").unwrap()
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let world = World::new();
    world.run("create ft:a proj_a").data();

    let mut list = world.command(["list", "ft:a"]);
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
fn changes_are_made_and_told_even_where_they_cannot_be_shown() {
    let world = World::new();
    let into_full = |args: &str| {
        let mut command = world.command(args.split(' '));
        command.stdout(full());
        run(command)
    };

    let created = into_full("create ft:a proj_a proj_b");
    assert_eq!(created.code(), Some(1));
    snapshot("full-create", "permissions create > /dev/full", &created);
    let deleted = into_full("delete ft:a --project proj_a proj_b");
    assert_eq!(deleted.code(), Some(1));
    snapshot("full-delete", "permissions delete > /dev/full", &deleted);
    assert_eq!(world.run("list ft:a").data(), "");

    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = [\"proj_a\"]\n";
    std::fs::write(world.folder().join("permissions.toml"), manifest).unwrap();
    let applied = into_full("apply --yes");
    assert_eq!(applied.code(), Some(1));
    snapshot("full-apply", "permissions apply > /dev/full", &applied);
    assert_eq!(world.run("plan").code(), Some(0));

    let filtered = world.run("create ft:c proj_a --jq .id+1");
    assert_eq!(filtered.code(), Some(1));
    snapshot(
        "jq-create",
        "a filter that fails on what was created",
        &filtered,
    );
}

#[test]
fn a_change_that_nobody_sees_is_told_on_standard_error() {
    let world = World::new();
    let through_shell = |redirected: &str| {
        let script = format!("exec {} {redirected}", env!("CARGO_BIN_EXE_permissions"));
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .env_clear()
            .env("OPENAI_BASE_URL", world.base_url())
            .env("OPENAI_ADMIN_KEY", "sk-admin-test");
        run(command)
    };

    let discarded = through_shell("create ft:a proj_a > /dev/null");
    assert_eq!(
        (discarded.code(), discarded.stderr()),
        (Some(0), "ft:a: 1 permission created, 0 there before\n")
    );
    assert_eq!(through_shell("list ft:a > /dev/null").stderr(), "");
    assert_eq!(
        through_shell("list ft:a >&-").stderr(),
        "nothing can be read of it: standard output is closed\n"
    );
}

#[test]
fn a_local_file_with_a_mistyped_name_is_not_made() {
    let world = World::new();
    let local = |args: &str| {
        let mut command = bare(format!("--local typo.db {args}").split_whitespace());
        command.current_dir(world.folder());
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
        assert!(!world.folder().join("typo.db").exists(), "{args}");
    }
    snapshot(
        "local-mistyped",
        "permissions --local typo.db list ft:a",
        &local("list ft:a"),
    );
}

#[test]
fn a_key_file_that_never_ends_is_refused() {
    let endless = run(bare(["list", "ft:a", "--key-file", "/dev/zero"]));

    assert_eq!(endless.code(), Some(77));
    snapshot(
        "key-file-endless",
        "permissions list --key-file /dev/zero",
        &endless,
    );
}
