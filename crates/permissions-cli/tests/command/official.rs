//! Features of the official command, in the order of docs/official-cli.md.

use std::fs;

use crate::support::{Fixture, run, snapshot};

fn ids(lines: &str) -> Vec<&str> {
    lines
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .collect()
}

#[test]
fn every_api_parameter_is_sent() {
    let fixture = Fixture::new();
    let created = fixture.run("create ft:a proj_a proj_b proj_a proj_c");
    let ids = ids(created.data());
    assert_eq!(ids.len(), 3);
    fixture
        .run(&format!(
            "list ft:a --after {} --page-size 7 --order ascending --project proj_c",
            ids[0]
        ))
        .data();
    fixture
        .run(&format!(
            "delete ft:a {} --yes --organization org-1 --api-project proj_x",
            ids[1]
        ))
        .data();

    let requests = fixture.requests();

    let create = requests.iter().find(|request| request.method == "POST");
    assert_eq!(
        create.unwrap().body,
        r#"{"project_ids":["proj_a","proj_b","proj_c"]}"#
    );
    let list = requests
        .iter()
        .find(|request| request.path.contains("after="));
    let (path, query) = list.unwrap().path.split_once('?').unwrap();
    assert_eq!(path, "/v1/fine_tuning/checkpoints/ft:a/permissions");
    let mut query: Vec<&str> = query.split('&').collect();
    query.sort_unstable();
    let after = format!("after={}", ids[0]);
    assert_eq!(
        query,
        [
            after.as_str(),
            "limit=7",
            "order=ascending",
            "project_id=proj_c"
        ]
    );
    let delete = requests.last().unwrap();
    assert_eq!(delete.method, "DELETE");
    assert!(delete.path.ends_with(&format!("/permissions/{}", ids[1])));
    let header = |name: &str| {
        let found = delete.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("openai-organization"), Some("org-1"));
    assert_eq!(header("openai-project"), Some("proj_x"));
}

#[test]
fn organization_and_project_come_from_environment() {
    let fixture = Fixture::new();
    let mut list = fixture.command(["list", "ft:a"]);
    list.env("OPENAI_ORG_ID", "org-env")
        .env("OPENAI_PROJECT_ID", "proj_env");
    assert_eq!(run(list).code(), Some(0));

    let requests = fixture.requests();
    let headers = &requests.last().unwrap().headers;
    for (name, value) in [
        ("openai-organization", "org-env"),
        ("openai-project", "proj_env"),
    ] {
        assert!(headers.contains(&(name.to_owned(), value.to_owned())));
    }
}

#[test]
fn create_reads_json_body_from_standard_input() {
    let fixture = Fixture::new();
    let body = fixture.folder().join("body.json");
    fs::write(&body, r#"{"project_ids": ["proj_a", "proj_b"]}"#).unwrap();
    let mut create = fixture.command(["create", "ft:a", "-"]);
    create.stdin(fs::File::open(&body).unwrap());

    assert_eq!(ids(run(create).data()).len(), 2);
}

#[test]
fn error_format_is_independent_of_data_format() {
    let fixture = Fixture::new();
    let args = "delete ft:a cp_unknown --yes";

    let json = fixture.run(&format!("{args} --format yaml --format-error json"));
    let error: serde_json::Value = serde_json::from_str(json.stderr()).unwrap();
    assert_eq!(error["error"]["status"], 404);
    let text = fixture.run(&format!("{args} --format json --format-error text"));
    assert!(text.stderr().starts_with("error: "), "{text}");
    let usage = fixture.run("list --format-error=json");
    assert_eq!(usage.code(), Some(64));
    snapshot(
        "usage-error-json",
        "permissions list --format-error=json",
        &usage,
    );
}
