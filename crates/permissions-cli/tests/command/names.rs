//! Names of projects beside their ids.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Fixture, Ran, run, snapshot};

/// An organization whose manifest contains an archived project and an unknown one.
fn drifted() -> Fixture {
    let fixture = Fixture::with_projects();
    fixture.run("create ft:a proj_a proj_b").data();
    let manifest = "\
[checkpoints]
\"ft:a\" = [\"proj_a\", \"proj_c\", \"proj_x\"]
\"ft:b\" = [\"proj_x\"]
";
    fixture.write_manifest(manifest);
    fixture
}

/// Reads the member of each object in a JSON array.
fn members(ran: &Ran, name: &str) -> Vec<Value> {
    let rows: Vec<Value> = serde_json::from_str(ran.stdout()).unwrap();
    rows.into_iter().map(|row| row[name].clone()).collect()
}

#[test]
fn projects_lists_projects_of_organization() {
    let fixture = Fixture::with_projects();

    snapshot(
        "projects",
        "permissions projects --format table",
        &fixture.run("projects --format table"),
    );
    snapshot(
        "projects-archived",
        "permissions projects --include-archived --json",
        &fixture.run("projects --include-archived --json"),
    );
    let csv = fixture.run("projects --format csv --columns id,name");
    let mut lines: Vec<&str> = csv.data().lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["id,name", "proj_a,Forecast service", "proj_b,Maps"]);
    let filtered = fixture.run("projects --jq-rows .name");
    assert_eq!(filtered.data().lines().count(), 2);
}

#[test]
fn projects_of_empty_organization_adds_a_note() {
    let ran = Fixture::new().run("projects --json");

    assert_eq!((ran.code(), ran.stdout()), (Some(0), "[]\n"));
    assert_eq!(ran.stderr(), "the organization has no active projects\n");

    let all = Fixture::new().run("projects --include-archived --json");
    assert_eq!(all.stderr(), "the organization has no projects\n");
}

#[test]
fn projects_reads_all_pages() {
    let projects = (0..250).map(|number| (format!("proj_{number}"), format!("P{number}")));
    let fixture = Fixture::with_many_projects(projects);

    assert_eq!(fixture.run("projects").data().lines().count(), 250);
    assert_eq!(fixture.project_lists(), 3);
}

#[test]
fn showing_names_adds_one_column_and_one_request() {
    let fixture = drifted();

    let names = fixture.run("list ft:a --names --json --order ascending");
    assert_eq!(
        members(&names, "project_name"),
        ["Forecast service", "Maps"]
    );
    assert_eq!(fixture.project_lists(), 1);
    let without = fixture.run("list ft:a --json");
    assert_eq!(
        members(&without, "project_name"),
        [Value::Null, Value::Null]
    );
    assert!(!without.stdout().contains("project_name"), "{without}");
    assert_eq!(fixture.project_lists(), 1);

    let column = fixture.run("list ft:a --columns project_name");
    assert_eq!(column.data(), "Maps\nForecast service\n");
    let plain = fixture.run("list ft:a ft:z --names --format csv");
    snapshot(
        "names-list",
        "permissions list ft:a ft:z --names --format csv",
        &plain,
    );
}

#[test]
fn plan_and_apply_show_names() {
    let fixture = drifted();

    snapshot(
        "names-plan",
        "permissions plan --names",
        &fixture.run("plan --names"),
    );
    let markdown = fixture.run("plan --names --format markdown --quiet");
    assert!(
        markdown.stdout().contains("-   proj_b \"Maps\" (cp_"),
        "{markdown}"
    );
    let planned = fixture.run("plan --names --json --quiet");
    assert_eq!(
        members(&planned, "project_name"),
        [
            Value::from("Old maps"),
            Value::Null,
            "Maps".into(),
            "Forecast service".into(),
            Value::Null
        ]
    );
    let saved = fixture.run("plan --out plan.json --quiet");
    assert_eq!(saved.code(), Some(2), "{saved}");

    let applied = fixture.run("apply plan.json --yes --allow-delete --names --json");

    let mut names = members(&applied, "project_name");
    names.sort_unstable_by_key(Value::to_string);
    assert_eq!(
        names,
        [
            "Maps".into(),
            Value::from("Old maps"),
            Value::Null,
            Value::Null
        ]
    );
}

#[test]
fn audit_shows_names() {
    let fixture = drifted();
    fixture.create_directly("ft:a", &["proj_c"]);

    let matrix = fixture.run("audit ft:a ft:b --names --format table");
    snapshot(
        "names-audit",
        "permissions audit ft:a ft:b --names",
        &matrix,
    );
    let rows = fixture.run("audit --against permissions.toml --names --json");
    assert_eq!(
        members(&rows, "project_name"),
        [
            Value::from("Forecast service"),
            "Maps".into(),
            "Old maps".into(),
            Value::Null,
            Value::Null
        ]
    );
    let page = fixture.run("audit ft:a --names --html -");
    for text in [
        "\"label\":\"Old maps\",\"archived\":true",
        "\"label\":\"Maps\",\"archived\":false",
    ] {
        assert!(page.stdout().contains(text), "{page}");
    }
}

#[test]
fn export_writes_and_refreshes_names() {
    let fixture = Fixture::with_projects();
    fixture.run("create ft:a proj_a proj_b").data();
    fixture.run("create ft:b proj_b").data();

    let exported = fixture.run("export ft:a ft:b --names");
    assert_eq!(
        exported.data(),
        "\
[checkpoints]
\"ft:a\" = [
    \"proj_a\", # \"Forecast service\"
    \"proj_b\", # \"Maps\"
]
\"ft:b\" = [
    \"proj_b\", # \"Maps\"
]
"
    );
    let edited = exported
        .stdout()
        .replace("\"Maps\"\n]\n\"ft:b\"", "\"Cards\" of Ann\n]\n\"ft:b\"")
        .replacen("# \"Forecast service\"", "# the pilot", 1);
    let path = fixture.folder().join("permissions.toml");
    fs::write(&path, edited).unwrap();

    let updated = fixture.run("export --update --names");

    assert_eq!(updated.code(), Some(0), "{updated}");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "\
[checkpoints]
\"ft:a\" = [
    \"proj_a\", # the pilot
    \"proj_b\", # \"Maps\" of Ann
]
\"ft:b\" = [
    \"proj_b\", # \"Maps\"
]
"
    );
    let again = fixture.run("export --update --names");
    assert_eq!(again.stderr(), "in sync: 2 checkpoints\n");
    assert_eq!(fixture.run("check --strict").code(), Some(0));
}

#[test]
fn archived_and_unknown_projects_are_warnings() {
    let fixture = drifted();
    let warnings = |ran: &Ran| -> Vec<String> {
        let lines = ran.stderr().lines();
        let warnings = lines.filter_map(|line| line.strip_prefix("warning: "));
        warnings.map(str::to_owned).collect()
    };
    let expected = [
        "permissions.toml:2:21: the project proj_c \"Old maps\" is archived",
        "permissions.toml:2:31: the organization has no project proj_x",
    ];

    let checked = fixture.run("check --online");
    assert_eq!(
        (checked.code(), warnings(&checked)),
        (Some(0), expected.map(str::to_owned).to_vec())
    );
    assert_eq!(warnings(&fixture.run("plan --names")), expected);
    assert_eq!(
        warnings(&fixture.run("plan --names --target ft:b")).len(),
        1
    );
    assert_eq!(warnings(&fixture.run("plan")).len(), 0);
    assert_eq!(warnings(&fixture.run("check")).len(), 0);
    assert_eq!(fixture.project_lists(), 3);
}

#[test]
fn list_with_invalid_key_does_not_mention_names() {
    let fixture = drifted();
    let mut list = fixture.command(["list", "ft:a", "--names"]);
    list.env("OPENAI_ADMIN_KEY", "sk-admin-other");

    let ran = run(list);

    assert_eq!(ran.code(), Some(77), "{ran}");
    assert!(!ran.stderr().contains("names of projects"), "{ran}");
}

#[test]
fn check_online_without_key_fails() {
    let fixture = drifted();
    let mut check = fixture.command(["check", "--online"]);
    check.env_remove("OPENAI_ADMIN_KEY");

    let ran = run(check);

    assert_eq!(ran.code(), Some(77), "{ran}");
    assert!(ran.stderr().contains("no admin key"), "{ran}");
}

#[test]
fn list_omits_names_if_projects_request_gets_no_response() {
    let fixture = drifted();
    let (base_url, _) = refusing(&fixture, NO_RESPONSE);
    let mut list = fixture.command(["list", "ft:a", "--names"]);
    list.env("OPENAI_BASE_URL", &base_url);
    let started = Instant::now();

    let ran = run(list);

    assert_eq!(ran.code(), Some(0), "{ran}");
    assert_eq!(ran.stdout().lines().count(), 2, "{ran}");
    let note = "names of projects are not shown: the list of projects was still incomplete 10 s after the other requests had finished";
    assert!(ran.stderr().contains(note), "{ran}");
    assert!(started.elapsed() < Duration::from_secs(40));
}

/// The status for a proxy that accepts requests for the list of projects, but never answers them.
const NO_RESPONSE: &str = "";

/// Starts a proxy that answers requests for the list of projects with the given status, and forwards all other
/// connections to the test server. Returns the base URL of the proxy and the number of requests that it answered
/// with the status.
fn refusing(fixture: &Fixture, status: &'static str) -> (String, Arc<AtomicUsize>) {
    let refused = Arc::new(AtomicUsize::new(0));
    let behind = fixture.base_url().replace("http://", "").replace("/v1", "");
    let count = Arc::clone(&refused);
    let address = fixture.runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, behind.clone(), status, Arc::clone(&count)));
            }
        });
        address
    });
    (format!("http://{address}/v1"), refused)
}

async fn forward(mut stream: TcpStream, behind: String, status: &str, refused: Arc<AtomicUsize>) {
    let mut head = vec![0; 16 << 10];
    let read = stream.read(&mut head).await.unwrap();
    head.truncate(read);
    if head.windows(14).any(|part| part == b"/organization/") {
        refused.fetch_add(1, Ordering::Relaxed);
        if status == NO_RESPONSE {
            return std::future::pending().await;
        }
        let body = r#"{"error":{"message":"refused","type":"invalid_request_error"}}"#;
        let length = body.len();
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
        return;
    }
    let mut behind = TcpStream::connect(behind).await.unwrap();
    behind.write_all(&head).await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut behind).await;
}

#[test]
fn missing_projects_route_suggests_checking_base_url() {
    let fixture = drifted();
    let (base_url, _) = refusing(&fixture, "404 Not Found");
    let mut command = fixture.command(["projects"]);
    command.env("OPENAI_BASE_URL", &base_url);

    let ran = run(command);

    assert_eq!(ran.code(), Some(1), "{ran}");
    let tip = "check the base URL; the server may have no list of projects";
    assert!(ran.stderr().contains(tip), "{ran}");
}

#[test]
fn refused_list_of_projects_is_requested_once_and_noted() {
    for (status, reason) in [
        ("401 Unauthorized", "401 Unauthorized"),
        ("403 Forbidden", "403 Forbidden"),
        ("404 Not Found", "404 Not Found"),
    ] {
        let fixture = drifted();
        let (base_url, refused) = refusing(&fixture, status);
        let commands = [
            ("list ft:a", 0),
            ("plan", 2),
            ("audit ft:a", 0),
            ("export ft:a", 0),
            ("apply --dry-run", 2),
        ];
        for (at, (args, code)) in commands.into_iter().enumerate() {
            let mut command = fixture.command(args.split(' '));
            command.arg("--names").env("OPENAI_BASE_URL", &base_url);

            let ran = run(command);

            assert_eq!(ran.code(), Some(code), "{args}: {ran}");
            assert_eq!(refused.load(Ordering::Relaxed), at + 1, "{args}");
            let notes = ran
                .stderr()
                .matches("names of projects are not shown")
                .count();
            assert_eq!(notes, 1, "{ran}");
            assert!(ran.stderr().contains(reason), "{ran}");
            assert!(ran.stdout().contains("proj_b"), "{ran}");
            assert!(!ran.stderr().contains("permissions.toml:"), "{ran}");
        }
    }
}
