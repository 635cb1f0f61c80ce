//! Documents for programs are complete, also after a failure or a signal.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Fixture, run};

fn rows(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn column(json: &str, name: &str) -> Vec<String> {
    let text = |row: &Value| row[name].as_str().unwrap_or_default().to_owned();
    rows(json).iter().map(text).collect()
}

#[test]
fn failed_create_prints_a_row_per_project() {
    let fixture = Fixture::new();
    let long = format!("ft:{}", "x".repeat(600));

    let created = fixture.run(&format!(
        "create ft:a proj_a proj_b --checkpoint {long} --json"
    ));

    assert_eq!(created.code(), Some(1), "{created}");
    let results = column(created.stdout(), "result");
    assert_eq!(results, ["created", "created", "failed", "failed"]);
}

#[test]
fn refused_key_leaves_a_row_per_change() {
    let fixture = Fixture::new();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n\"ft:b\" = []\n";
    fixture.write_manifest(manifest);

    for (args, name, expected) in [
        (
            "create ft:a proj_a proj_b --json",
            "result",
            vec!["failed", "failed"],
        ),
        (
            "delete ft:a --project proj_a --yes --json",
            "result",
            vec!["skipped"],
        ),
        ("plan --json", "change", vec!["unknown", "unknown"]),
        ("apply --yes --json", "change", vec!["unknown", "unknown"]),
        ("audit --json", "state", vec!["not_read", "not_read"]),
    ] {
        let mut command = fixture.command(args.split(' '));
        command.env("OPENAI_ADMIN_KEY", "sk-admin-unknown");
        let refused = run(command);
        assert_eq!(refused.code(), Some(77), "{args}: {refused}");
        assert_eq!(column(refused.stdout(), name), expected, "{args}");
    }
}

#[test]
fn apply_without_allow_delete_lists_skipped_changes() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_b\"]\n";
    fixture.write_manifest(manifest);

    let refused = fixture.run("apply --yes --json");

    assert_eq!(refused.code(), Some(64));
    assert_eq!(column(refused.stdout(), "result"), ["skipped", "skipped"]);
    let csv = fixture.run("apply --yes --format csv");
    assert_eq!(csv.stdout().lines().count(), 3, "{csv}");
    let yaml = fixture.run("apply --yes --format yaml");
    assert_eq!(
        yaml.stdout().matches("result: \"skipped\"").count(),
        2,
        "{yaml}"
    );
}

#[test]
fn interrupted_commands_close_their_documents() {
    let fixture = Fixture::new();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\"]\n";
    fixture.write_manifest(manifest);

    for (args, name, expected) in [
        (
            "create ft:a proj_a --checkpoint ft:b --concurrency 1 --json",
            "result",
            vec!["unknown", "skipped"],
        ),
        (
            "delete ft:a cp_1 cp_2 --yes --json",
            "result",
            vec!["skipped", "skipped"],
        ),
        (
            "audit ft:a ft:b --json",
            "state",
            vec!["not_read", "not_read"],
        ),
        ("plan --json", "change", vec!["unknown"]),
        ("apply --yes --json", "change", vec!["unknown"]),
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            // A server that accepts requests and never answers.
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
            let mut command = fixture.command(args.split(' '));
            command.env("OPENAI_BASE_URL", &base_url);
            let mut child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 16]).unwrap();

            kill_process(Pid::from_child(&child), signal).unwrap();

            let mut json = String::new();
            child
                .stdout
                .take()
                .unwrap()
                .read_to_string(&mut json)
                .unwrap();
            let ended = child.wait_with_output().unwrap();
            let stderr = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(130), "{args}: {stderr}");
            assert_eq!(column(&json, name), expected, "{args}");
        }
    }
}

#[test]
fn audit_has_a_row_for_checkpoints_without_permissions() {
    let fixture = Fixture::new();

    let audited = fixture.run("audit ft:nobody --json");

    assert_eq!(column(audited.stdout(), "state"), ["none"]);
}

#[test]
fn jq_filters_the_whole_document() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a proj_b").data();
    fixture.run("create ft:b proj_c").data();

    let filtered = |args: &[&str]| {
        let list = ["list", "ft:a", "ft:b", "--order", "ascending"];
        run(fixture.command(list.iter().chain(args)))
    };
    assert_eq!(filtered(&["--jq", "length"]).data(), "3\n");
    assert_eq!(
        filtered(&["--json", "--jq", "map(.project_id) | join(\"+\")"]).data(),
        "proj_a+proj_b+proj_c\n"
    );
    assert_eq!(
        filtered(&["--jq", ".[] | [.checkpoint, .project_id, null] | @csv"]).data(),
        "\"ft:a\",\"proj_a\",\n\"ft:a\",\"proj_b\",\n\"ft:b\",\"proj_c\",\n"
    );
    assert_eq!(
        filtered(&["--jq-rows", "[.checkpoint, .project_id] | @tsv"]).data(),
        "ft:a\tproj_a\nft:a\tproj_b\nft:b\tproj_c\n"
    );
    assert_eq!(
        filtered(&["--jq-rows", "[\"a\\tb\\\"c\", 1] | @csv, @tsv"])
            .data()
            .lines()
            .next(),
        Some("\"a\tb\"\"c\",1")
    );
}

#[test]
fn jq_prints_nothing_for_an_incomplete_list() {
    let fixture = Fixture::new();
    let long = format!("ft:{}", "x".repeat(600));
    fixture.run("create ft:a proj_a").data();

    let filtered = run(fixture.command(["list", "ft:a", &long, "--jq", "length"]));

    assert_eq!((filtered.code(), filtered.stdout()), (Some(1), ""));
}

#[test]
fn hyphen_writes_to_standard_output() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_b\"]\n";
    fixture.write_manifest(manifest);

    let plan = fixture.run("plan --out -");
    assert_eq!(plan.code(), Some(2), "{plan}");
    let plan: Value = serde_json::from_str(plan.stdout()).unwrap();
    assert_eq!(plan["checkpoints"][0]["create"][0], "proj_b");
    assert!(
        fixture
            .run("export ft:a --out -")
            .stdout()
            .starts_with("[checkpoints]")
    );
    let page = fixture.run("audit ft:a --html -");
    assert!(page.stdout().to_lowercase().starts_with("<!doctype html>"));
    assert!(!fixture.folder().join("-").exists());
}

#[test]
fn audit_writes_page_and_rows_together() {
    let fixture = Fixture::new();
    fixture.run("create ft:a proj_a").data();

    let audited = fixture.run("audit ft:a --html page.html --format json");

    assert_eq!(rows(audited.stdout()).len(), 1, "{audited}");
    let page = fs::read_to_string(fixture.folder().join("page.html")).unwrap();
    assert!(page.contains("proj_a"));
    assert_eq!(
        fixture.run("audit ft:a --html - --format json").code(),
        Some(64)
    );
}
