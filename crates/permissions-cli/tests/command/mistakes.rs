//! Errors and their messages.

use std::fs::File;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::support::{Fixture, bare, run, snapshot};

#[test]
fn unknown_key_and_project_key_differ_in_message() {
    let fixture = Fixture::new();
    let with_key = |key: &str, args: &str| {
        let mut command = fixture.command(args.split_whitespace());
        command.env("OPENAI_ADMIN_KEY", key);
        run(command)
    };

    let wrong = with_key("sk-admin-secret-of-mine", "list ft:a");
    assert_eq!(wrong.code(), Some(77));
    assert!(!wrong.to_string().contains("secret-of-mine"));
    snapshot("wrong-key", "an unknown key", &wrong);

    let json = with_key("sk-admin-secret-of-mine", "list ft:a --format json");
    snapshot("wrong-key-json", "the same with --format json", &json);

    let kind = with_key("sk-proj-test", "list ft:a");
    assert_eq!(kind.code(), Some(77));
    snapshot("project-key", "the key is a project key", &kind);
}

#[test]
fn missing_key_is_reported_with_remedy() {
    let fixture = Fixture::new();

    let mut command = bare(["list", "ft:a"]);
    command.env("OPENAI_BASE_URL", fixture.base_url());
    let none = run(command);

    assert_eq!(none.code(), Some(77));
    snapshot("no-key", "OPENAI_ADMIN_KEY is not set", &none);

    let mut command = bare(["list", "ft:a"]);
    command
        .env("OPENAI_API_KEY", "sk-proj-1")
        .env("OPENAI_ADMIN_KEY", " ");
    let ordinary = run(command);
    assert_eq!(ordinary.code(), Some(77));
    snapshot("ordinary-key", "only OPENAI_API_KEY is set", &ordinary);
}

#[test]
fn key_file_is_read_and_validated() {
    let fixture = Fixture::new();
    let file = fixture.folder().join("key");
    let with_file = |content: &str, from: &str| {
        std::fs::write(&file, content).unwrap();
        let mut command = fixture.command(["list", "ft:a", "--key-file", from]);
        command
            .env_remove("OPENAI_ADMIN_KEY")
            .stdin(File::open(&file).unwrap());
        run(command)
    };

    assert_eq!(with_file("sk-admin-test\n", "key").code(), Some(0));
    assert_eq!(with_file("sk-admin-test\n", "-").code(), Some(0));
    for (name, content, from) in [
        ("key-file-missing", "", "no-such-file"),
        ("key-file-empty", "\n", "key"),
        (
            "key-file-two-lines",
            "sk-admin-secret\nsk-admin-test\n",
            "key",
        ),
    ] {
        let refused = with_file(content, from);
        assert_eq!(refused.code(), Some(77));
        assert!(!refused.stderr().contains("secret"));
        snapshot(
            name,
            &format!("--key-file {from} with {content:?} in it"),
            &refused,
        );
    }
}

#[test]
fn delete_continues_after_unknown_permission() {
    let fixture = Fixture::new();
    let created = fixture.run("create ft:a proj_a");
    let id = created.data().split('\t').nth(1).unwrap();

    let one = fixture.run("delete ft:a cp_unknown --yes");
    assert_eq!(one.code(), Some(1));
    snapshot(
        "unknown-permission",
        "permissions delete ft:a cp_unknown --yes",
        &one,
    );

    let both = fixture.run(&format!("delete ft:a cp_unknown {id} --yes"));
    assert_eq!(both.code(), Some(1));
    snapshot(
        "unknown-permission-and-another",
        "an unknown and an existing permission",
        &both,
    );
    assert_eq!(fixture.run("list ft:a -q").data(), "");
}

#[test]
fn delete_of_project_without_permission_succeeds() {
    let fixture = Fixture::new();

    let gone = fixture.run("delete ft:a --project proj_a --yes");

    snapshot(
        "delete-project-without",
        "permissions delete ft:a --project proj_a --yes, without a permission",
        &gone,
    );
}

#[test]
fn invalid_ids_are_refused_before_sending() {
    for args in [
        vec!["list", ".."],
        vec!["list", ""],
        vec!["create", "ft:a", "."],
        vec!["delete", "ft:a", ".."],
        vec!["delete", "ft:a", "--project", ".."],
        vec!["list", "ft:a", "--after", ".."],
        vec!["list", "ft:a\nft:b"],
        vec!["create", "ft:a", "proj\t1"],
        vec!["create", "proj_a", "ft:a"],
        vec!["create", "ft:a", "proj_a,proj_b"],
        vec!["create", "ft:a", "proj_a proj_b"],
    ] {
        let refused = run(bare(&args));
        assert_eq!(
            (refused.code(), refused.stdout()),
            (Some(64), ""),
            "{args:?}"
        );
    }
    snapshot("dot-dot", "permissions list ..", &run(bare(["list", ".."])));
    snapshot(
        "line-break",
        "permissions list with a line break in the id",
        &run(bare(["list", "ft:a\nft:b"])),
    );
}

#[test]
fn invalid_command_line_has_a_useful_message() {
    for (name, args) in [
        ("usage-nothing", ""),
        ("usage-command", "lst ft:a"),
        ("usage-option", "list ft:a --pagesize 3"),
        ("usage-format", "list ft:a --format jsn"),
        ("usage-format-json", "list --format json"),
        ("usage-page-size", "list ft:a --page-size 0"),
        ("usage-after-many", "list ft:a ft:b --after cp_1"),
        ("usage-swapped", "create proj_a ft:a"),
        ("usage-comma", "create ft:a proj_a,proj_b"),
        ("usage-delete-project", "delete ft:a proj_a --yes"),
        ("usage-page-size-word", "list ft:a --page-size abc"),
        ("usage-all", "list ft:a --all"),
        ("usage-official", "list --fine-tuned-model-checkpoint ft:a"),
        ("usage-plan-file", "plan permissions.toml"),
        ("usage-audit-file", "audit --file permissions.toml"),
        ("usage-listen", "serve --listen nonsense"),
        (
            "usage-local-and-database",
            "--local x.db serve --database y.db",
        ),
        (
            "usage-delete-both",
            "delete ft:a cp_1 --project proj_a --yes",
        ),
        ("usage-delete-nothing", "delete ft:a --yes"),
        ("usage-delete-unconfirmed", "delete ft:a cp_1"),
        (
            "usage-local-and-url",
            "--local x.db --base-url http://localhost/v1 list ft:a",
        ),
    ] {
        let run_with_key = |args: &str| {
            let mut command = bare(args.split_whitespace());
            command.env("OPENAI_ADMIN_KEY", "sk-admin-test");
            run(command)
        };
        let refused = run_with_key(args);
        assert_eq!((refused.code(), refused.stdout()), (Some(64), ""), "{args}");
        snapshot(name, &format!("permissions {args}"), &refused);
    }
}

#[cfg(unix)]
#[test]
fn argument_with_invalid_utf8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let refused = run(bare([OsStr::new("list"), OsStr::from_bytes(b"ft:\xff")]));

    assert_eq!(refused.code(), Some(64), "{refused}");
}

#[test]
fn unreachable_server_is_temporary_failure() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut command = bare(["list", "ft:a", "--base-url", &format!("http://{free}/v1")]);
    command.env("OPENAI_ADMIN_KEY", "sk-admin-test");

    let failed = run(command);

    assert_eq!(failed.code(), Some(75));
    snapshot("no-server", "nothing listens at --base-url", &failed);
}

#[test]
fn invalid_base_url_is_refused() {
    for (name, url) in [
        ("url-not-a-url", "api"),
        ("url-plain-http", "http://example.com/v1"),
    ] {
        let mut command = bare(["list", "ft:a", "--base-url", url]);
        command.env("OPENAI_ADMIN_KEY", "sk-admin-test");

        let refused = run(command);

        assert_eq!(refused.code(), Some(64));
        snapshot(name, &format!("--base-url {url}"), &refused);
    }
}

#[test]
fn unusable_local_file_is_reported() {
    let fixture = Fixture::new();
    let local = |file: &str| {
        let mut command = bare(["--local", file, "create", "ft:a", "proj_a"]);
        command.current_dir(fixture.folder());
        run(command)
    };
    std::fs::write(
        fixture.folder().join("notes.txt"),
        "these are notes, not a database",
    )
    .unwrap();
    std::fs::create_dir(fixture.folder().join("folder")).unwrap();

    for (name, file) in [
        ("local-missing-folder", "no/such/demo.db"),
        ("local-is-a-folder", "folder"),
        ("local-not-a-database", "notes.txt"),
    ] {
        let failed = local(file);
        assert_eq!((failed.code(), failed.stdout()), (Some(1), ""), "{failed}");
        assert!(failed.stderr().contains(file), "{failed}");
        snapshot(name, &format!("--local {file}"), &failed);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn local_file_in_read_only_folder_fails() {
    let failed = run(bare([
        "--local",
        "/proc/demo.db",
        "create",
        "ft:a",
        "proj_a",
    ]));

    assert_eq!((failed.code(), failed.stdout()), (Some(1), ""));
    assert!(failed.stderr().contains("/proc/demo.db"), "{failed}");
}

/// A limit on the size of files simulates a full disk.
#[cfg(unix)]
#[test]
fn full_disk_fails_without_partial_changes() {
    let fixture = Fixture::new();
    let limited = |blocks: u32, args: &str| {
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {} --local demo.db {args}",
            env!("CARGO_BIN_EXE_permissions")
        );
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .env_clear()
            .current_dir(fixture.folder());
        run(command)
    };
    assert_eq!(limited(100_000, "create ft:a proj_a").code(), Some(0));
    let many: Vec<String> = (0..500)
        .map(|n| format!("proj_{n}_{}", "x".repeat(160)))
        .collect();

    let failed = limited(64, &format!("create ft:a {}", many.join(" ")));

    assert!(matches!(failed.code(), Some(1 | 75)), "{failed}");
    assert!(
        failed
            .stdout()
            .lines()
            .all(|line| line.ends_with("\tfailed")),
        "{failed}"
    );
    assert!(failed.stderr().contains("demo.db"), "{failed}");
    let left = limited(100_000, "list ft:a");
    assert_eq!(left.data().lines().count(), 1, "{left}");
}

#[test]
fn serve_on_used_port_fails() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let failed = run(bare(["serve", "--listen", &address]));

    assert_eq!(failed.code(), Some(1));
    snapshot(
        "port-in-use",
        "permissions serve --listen with a used port",
        &failed,
    );
}

#[test]
fn list_into_closed_pipe_ends_quietly() {
    let fixture = Fixture::new();
    let projects: Vec<String> = (0..500).map(|n| format!("proj_{n}")).collect();
    fixture
        .run(&format!("create ft:a {}", projects.join(" ")))
        .data();

    let mut command = fixture.command(["list", "ft:a", "--page-size", "1"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();

    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn ids_of_another_kind_are_refused_everywhere() {
    let fixture = Fixture::new();
    for args in [
        "list proj_a",
        "list ft:a --project ft:b",
        "list ft:a,ft:b",
        "audit proj_a",
        "export proj_a",
        "delete proj_a --project proj_b",
        "delete ft:a --project proj_a,proj_b",
        "doctor proj_a",
    ] {
        let refused = run(fixture.command(args.split_whitespace()));
        assert_eq!(refused.code(), Some(64), "{args}: {refused}");
    }
}
