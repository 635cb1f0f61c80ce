//! `create`, `list` and `delete`.

use crate::support::{Fixture, bare, run, snapshot};

#[test]
fn created_permission_is_listed_until_deleted() {
    let fixture = Fixture::new();

    let created = fixture.run("create ft:a proj_a proj_b proj_c --format table");
    snapshot(
        "create",
        "permissions create ft:a proj_a proj_b proj_c",
        &created,
    );
    let again = fixture.run("create ft:a proj_c proj_d -v --format table");
    snapshot(
        "create-again",
        "creating one existing and one new permission, with -v",
        &again,
    );
    let listed = fixture.run("list ft:a --page-size 2 -v --format table");
    snapshot("list", "permissions list ft:a --page-size 2 -v", &listed);
    let deleted = fixture.run("delete ft:a --project proj_c -v --format table --yes");
    snapshot(
        "delete-project",
        "permissions delete ft:a --project proj_c -v",
        &deleted,
    );

    let left = fixture.run("list ft:a --order ascending");
    let projects: Vec<&str> = left
        .data()
        .lines()
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    assert_eq!(projects, ["proj_a", "proj_b", "proj_d"]);
}

#[test]
fn every_format_contains_all_rows() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    fixture.run("create ft:b proj_c").data();

    for format in ["table", "plain", "json", "jsonl", "csv", "yaml"] {
        let one = fixture.run(&format!("list ft:a --format {format}"));
        snapshot(&format!("format-{format}"), "one checkpoint", &one);
        let many = fixture.run(&format!("list ft:a ft:b --format {format}"));
        snapshot(&format!("format-{format}-many"), "two checkpoints", &many);
    }
}

#[test]
fn list_options_limit_result() {
    let fixture = Fixture::new();
    let created = fixture.run("create ft:a proj_a proj_b proj_c proj_d");
    let ids: Vec<&str> = column(created.data(), 1);

    let two = fixture.run("list ft:a --order ascending --max-items 2 --page-size 1");
    assert_eq!(column(two.data(), 1), ids[..2]);
    let rest = fixture.run(&format!("list ft:a --order ascending --after {}", ids[1]));
    assert_eq!(column(rest.data(), 1), ids[2..]);
    let one = fixture.run("list ft:a --project proj_c");
    assert_eq!(column(one.data(), 1), [ids[2]]);
    let none = fixture.run("list ft:a --max-items 0 --format json");
    assert_eq!(none.data(), "[]\n");
}

#[test]
fn delete_by_permission_id_deletes_it() {
    let fixture = Fixture::new();
    let created = fixture.run("create ft:a proj_a proj_b proj_c");
    let ids: Vec<&str> = column(created.data(), 1);

    let deleted = fixture.run(&format!("delete ft:a {} {} {0} --yes", ids[0], ids[2]));

    assert_eq!(column(deleted.data(), 1), [ids[0], ids[2]]);
    assert_eq!(column(fixture.run("list ft:a").data(), 1), [ids[1]]);
}

#[test]
fn one_command_changes_several_checkpoints() {
    let fixture = Fixture::new();

    let created = fixture.run("create ft:a proj_a proj_b --checkpoint ft:b --checkpoint ft:c");
    assert_eq!(
        column(created.data(), 0),
        ["ft:a", "ft:a", "ft:b", "ft:b", "ft:c", "ft:c"]
    );
    let deleted = fixture.run("delete ft:a --project proj_a --checkpoint ft:c -v --yes");
    assert_eq!(deleted.code(), Some(0), "{deleted}");
    assert_eq!(column(deleted.stdout(), 0), ["ft:a", "ft:c"]);

    let left = fixture.run("list ft:a ft:b ft:c");
    assert_eq!(
        column(left.data(), 2),
        ["proj_b", "proj_b", "proj_a", "proj_b"]
    );
}

#[test]
fn create_reads_projects_from_standard_input() {
    let fixture = Fixture::new();
    let from = |input: &str| {
        let file = fixture.folder().join("input");
        std::fs::write(&file, input).unwrap();
        let mut command = fixture.command(["create", "ft:a", "-", "proj_z"]);
        command.stdin(std::fs::File::open(&file).unwrap());
        run(command)
    };

    let lines = from("# ours\nproj_a\n\n  proj_b\n");
    assert_eq!(column(lines.data(), 2), ["proj_a", "proj_b", "proj_z"]);
    let json = from(r#"{"project_ids": ["proj_a", "proj_c"]}"#);
    assert_eq!(column(json.data(), 4), ["existing", "created", "existing"]);

    for (name, input) in [
        ("stdin-empty", ""),
        ("stdin-mistake", "proj_a\n..\n"),
        ("stdin-json", r#"{"project_id": "proj_a"}"#),
    ] {
        let refused = from(input);
        assert_eq!((refused.code(), refused.stdout()), (Some(64), ""));
        snapshot(
            name,
            &format!("permissions create ft:a - proj_z with {input:?}"),
            &refused,
        );
    }
}

#[test]
fn empty_list_prints_only_a_note() {
    let fixture = Fixture::new();

    let note =
        "ft:nobody: no permissions; the API does not report whether this checkpoint exists\n";
    for args in ["list ft:nobody", "list ft:nobody --format table"] {
        let listed = fixture.run(args);
        assert_eq!(
            (listed.code(), listed.stdout(), listed.stderr()),
            (Some(0), "", note)
        );
    }
    assert_eq!(fixture.run("list ft:nobody -q").data(), "");
    let verbose = fixture.run("list ft:nobody -v");
    let counts = "ft:nobody: 0 permissions in 1 page\n";
    assert_eq!(
        (verbose.stdout(), verbose.stderr()),
        ("", format!("{note}{counts}").as_str())
    );
}

#[test]
fn local_file_works_without_key() {
    let fixture = Fixture::new();
    let local = |args: &str| {
        let mut command = bare(format!("--local demo.db {args}").split_whitespace());
        command.current_dir(fixture.folder());
        run(command)
    };

    let created = local("create ft:a proj_a proj_b proj_c proj_d proj_e");
    assert_eq!(created.stderr(), "created the database file demo.db\n");
    let listed = local("list ft:a --page-size 2 -v");
    local("delete ft:a --project proj_c --yes").data();

    assert_eq!(listed.stdout().lines().count(), 5);
    assert_eq!(listed.stderr(), "ft:a: 5 permissions in 3 pages\n");
    assert_eq!(
        column(local("list ft:a --order ascending").data(), 2),
        ["proj_a", "proj_b", "proj_d", "proj_e"]
    );
}

fn column(lines: &str, at: usize) -> Vec<&str> {
    lines
        .lines()
        .filter_map(|line| line.split('\t').nth(at))
        .collect()
}

#[test]
fn file_of_another_program_is_not_overwritten() {
    let fixture = Fixture::new();
    let manifest = fixture.folder().join("permissions.toml");
    std::fs::write(&manifest, "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n").unwrap();
    let before = std::fs::read_to_string(&manifest).unwrap();

    for args in [
        "plan --file permissions.toml --out permissions.toml",
        "audit ft:a --html permissions.toml",
    ] {
        let refused = run(fixture.command(args.split_whitespace()));
        assert_eq!(refused.code(), Some(64), "{args}: {refused}");
        assert!(
            refused.to_string().contains("move the file away"),
            "{refused}"
        );
        assert_eq!(std::fs::read_to_string(&manifest).unwrap(), before);
    }

    for _ in 0..2 {
        let again = run(fixture.command(["audit", "ft:a", "--html", "page.html"]));
        assert_eq!(
            again.code(),
            Some(0),
            "a page of the option is replaced: {again}"
        );
    }
}

#[test]
fn export_to_existing_manifest_suggests_update() {
    let fixture = Fixture::new();
    fixture.write_manifest("[checkpoints]\n");

    let refused = fixture.run("export ft:a --out permissions.toml");

    assert_eq!(refused.code(), Some(1), "{refused}");
    let remedy = "permissions export --update --file permissions.toml";
    assert!(refused.stderr().contains(remedy), "{refused}");
}
