//! `create`, `list` and `delete` as people and scripts use them.

use crate::support::{World, bare, run, snapshot};

#[test]
fn what_is_created_is_listed_until_it_is_deleted() {
    let world = World::new();

    let created = world.run("create ft:a proj_a proj_b proj_c --format table");
    snapshot(
        "create",
        "permissions create ft:a proj_a proj_b proj_c",
        &created,
    );
    let again = world.run("create ft:a proj_c proj_d -v --format table");
    snapshot(
        "create-again",
        "creating again what is there in part, with -v",
        &again,
    );
    let listed = world.run("list ft:a --page-size 2 -v --format table");
    snapshot("list", "permissions list ft:a --page-size 2 -v", &listed);
    let deleted = world.run("delete ft:a --project proj_c -v --format table");
    snapshot(
        "delete-project",
        "permissions delete ft:a --project proj_c -v",
        &deleted,
    );

    let left = world.run("list ft:a --order ascending");
    let projects: Vec<&str> = left
        .data()
        .lines()
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    assert_eq!(projects, ["proj_a", "proj_b", "proj_d"]);
}

#[test]
fn each_format_says_the_same() {
    let world = World::new();
    world.run("create ft:a proj_a proj_b").data();
    world.run("create ft:b proj_c").data();

    for format in ["table", "plain", "json", "jsonl", "csv", "yaml"] {
        let one = world.run(&format!("list ft:a --format {format}"));
        snapshot(&format!("format-{format}"), "one checkpoint", &one);
        let many = world.run(&format!("list ft:a ft:b --format {format}"));
        snapshot(&format!("format-{format}-many"), "two checkpoints", &many);
    }
}

#[test]
fn a_list_is_narrowed_by_its_options() {
    let world = World::new();
    let created = world.run("create ft:a proj_a proj_b proj_c proj_d");
    let ids: Vec<&str> = column(created.data(), 1);

    let two = world.run("list ft:a --order ascending --max-items 2 --page-size 1");
    assert_eq!(column(two.data(), 1), ids[..2]);
    let rest = world.run(&format!("list ft:a --order ascending --after {}", ids[1]));
    assert_eq!(column(rest.data(), 1), ids[2..]);
    let one = world.run("list ft:a --project proj_c");
    assert_eq!(column(one.data(), 1), [ids[2]]);
    let none = world.run("list ft:a --max-items 0 --format json");
    assert_eq!(none.data(), "[]\n");
}

#[test]
fn permissions_are_deleted_by_their_own_ids_too() {
    let world = World::new();
    let created = world.run("create ft:a proj_a proj_b proj_c");
    let ids: Vec<&str> = column(created.data(), 1);

    let deleted = world.run(&format!("delete ft:a {} {} {0}", ids[0], ids[2]));

    assert_eq!(column(deleted.data(), 1), [ids[0], ids[2]]);
    assert_eq!(column(world.run("list ft:a").data(), 1), [ids[1]]);
}

#[test]
fn several_checkpoints_are_changed_at_once() {
    let world = World::new();

    let created = world.run("create ft:a proj_a proj_b --checkpoint ft:b --checkpoint ft:c");
    assert_eq!(
        column(created.data(), 0),
        ["ft:a", "ft:a", "ft:b", "ft:b", "ft:c", "ft:c"]
    );
    let deleted = world.run("delete ft:a --project proj_a --checkpoint ft:c -v");
    assert_eq!(deleted.code(), Some(0), "{deleted}");
    assert_eq!(column(deleted.stdout(), 0), ["ft:a", "ft:c"]);

    let left = world.run("list ft:a ft:b ft:c");
    assert_eq!(
        column(left.data(), 2),
        ["proj_b", "proj_b", "proj_a", "proj_b"]
    );
}

#[test]
fn projects_come_from_standard_input_too() {
    let world = World::new();
    let from = |input: &str| {
        let file = world.folder().join("input");
        std::fs::write(&file, input).unwrap();
        let mut command = world.command(["create", "ft:a", "-", "proj_z"]);
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
fn no_permission_is_no_data() {
    let world = World::new();

    assert_eq!(world.run("list ft:nobody").data(), "");
    assert_eq!(
        world.run("list ft:nobody --format table").stderr(),
        "ft:nobody: no permission\n"
    );
    let told = world.run("list ft:nobody --format table -v");
    assert_eq!(
        (told.stdout(), told.stderr()),
        ("", "ft:nobody: 0 permissions in 1 page\n")
    );
}

#[test]
fn a_local_file_needs_no_key_and_keeps_what_was_said() {
    let world = World::new();
    let local = |args: &str| {
        let mut command = bare(format!("--local demo.db {args}").split_whitespace());
        command.current_dir(world.folder());
        run(command)
    };

    local("create ft:a proj_a proj_b proj_c proj_d proj_e").data();
    let listed = local("list ft:a --page-size 2 -v");
    local("delete ft:a --project proj_c").data();

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
