//! Prompts, dry runs and warnings of commands that change permissions.

use crate::support::{Fixture, bare, run};

fn projects(fixture: &Fixture, checkpoint: &str) -> Vec<String> {
    let listed = fixture.run(&format!(
        "list {checkpoint} -q --order ascending --columns project_id"
    ));
    listed.data().lines().map(str::to_owned).collect()
}

#[test]
fn delete_without_terminal_requires_yes() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();

    let refused = fixture.run("delete ft:a --project proj_a");

    assert_eq!((refused.code(), refused.stdout()), (Some(64), ""));
    assert!(refused.stderr().contains("--yes"), "{refused}");
    assert_eq!(projects(&fixture, "ft:a"), ["proj_a", "proj_b"]);
}

#[test]
fn delete_accepts_arguments_in_any_order() {
    let fixture = Fixture::new();
    fixture
        .run("create ft:a proj_a proj_b proj_c proj_d")
        .data();
    fixture.run("create ft-b proj_a proj_b").data();

    for args in [
        "delete --project proj_a ft:a --yes",
        "delete --yes ft:a --project proj_b",
        "delete --project proj_c --yes ft:a",
        "delete --project proj_a ft-b --yes",
    ] {
        let deleted = fixture.run(args);
        assert_eq!(deleted.code(), Some(0), "{args}: {deleted}");
        assert!(
            deleted.stdout().ends_with("\tdeleted\n"),
            "{args}: {deleted}"
        );
    }

    assert_eq!(projects(&fixture, "ft:a"), ["proj_d"]);
    assert_eq!(projects(&fixture, "ft-b"), ["proj_b"]);
}

#[test]
fn delete_of_last_project_prints_a_warning() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();

    let first = fixture.run("delete ft:a --project proj_a --yes");
    assert_eq!(first.stderr(), "");
    let last = fixture.run("delete ft:a --project proj_b --yes");

    assert_eq!(last.code(), Some(0));
    assert_eq!(
        last.stderr(),
        "warning: after this deletion, no project can use ft:a\n"
    );
}

#[test]
fn dry_run_shows_changes_and_makes_none() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_c\"]\n";
    fixture.write_manifest(manifest);

    let results = |args: &str, column: usize| -> Vec<String> {
        let ran = fixture.run(args);
        let lines = ran.stdout().lines();
        lines
            .filter_map(|line| line.split('\t').nth(column))
            .map(str::to_owned)
            .collect()
    };

    assert_eq!(
        results("create ft:a proj_a proj_z --dry-run", 4),
        ["existing", "would_create"]
    );
    assert_eq!(
        results("delete ft:a --project proj_a proj_z --dry-run", 3),
        ["none", "would_delete"]
    );
    assert_eq!(results("delete ft:a cp_unknown --dry-run", 3), ["none"]);
    let applied = fixture.run("apply --dry-run");
    assert_eq!(applied.code(), Some(2));
    assert!(applied.stdout().contains("+   proj_c\n"), "{applied}");
    assert!(applied.stderr().contains("--allow-delete"), "{applied}");
    assert_eq!(projects(&fixture, "ft:a"), ["proj_a", "proj_b"]);
    assert!(
        fixture
            .requests()
            .iter()
            .filter(|request| request.method != "GET")
            .count()
            == 1
    );
}

#[test]
fn dry_run_creates_no_local_file() {
    let fixture = Fixture::new();
    for args in ["create ft:a proj_a --dry-run", "apply --dry-run"] {
        let mut command = bare(format!("--local new.db {args}").split(' '));
        command.current_dir(fixture.folder());

        let refused = run(command);

        assert_eq!(refused.code(), Some(64), "{args}: {refused}");
        assert!(!fixture.folder().join("new.db").exists());
    }
}

#[test]
fn create_into_closed_pipe_fails_but_list_succeeds() {
    let fixture = Fixture::new();
    let into_closed_pipe = |args: &str| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = fixture.command(args.split(' '));
        command.stdout(writer);
        run(command)
    };

    let created = into_closed_pipe("create ft:a proj_a");
    assert_eq!(created.code(), Some(1), "{created}");
    assert!(
        created.stderr().contains("1 permission created"),
        "{created}"
    );
    assert_eq!(into_closed_pipe("list ft:a").code(), Some(0));
    assert_eq!(
        into_closed_pipe("create ft:a proj_b --dry-run").code(),
        Some(0)
    );
    assert_eq!(projects(&fixture, "ft:a"), ["proj_a"]);
}
