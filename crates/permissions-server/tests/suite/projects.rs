//! The list of projects.

use reqwest::Method;
use serde_json::json;

use crate::database::TestDatabase;
use crate::support::{Client, Reply, send};

over_every_database!(
    projects_are_listed_in_creation_order,
    archived_projects_are_listed_on_request,
    project_pages_are_complete,
    invalid_project_query_is_refused,
);

#[tokio::test]
async fn restart_applies_changes_of_projects_file() {
    restart_updates_projects(TestDatabase::file()).await;
}

async fn list(client: &Client, query: &str) -> Reply {
    let path = format!("/organization/projects?{query}");
    send(client.request(Method::GET, &path)).await
}

async fn projects_are_listed_in_creation_order(database: TestDatabase) {
    let builder = database.builder().fixed_clock(200).project("proj_c", "C");
    builder.start().await.expect("a server").shutdown().await;
    let server = database
        .builder()
        .fixed_clock(100)
        .project("proj_b", "\"B\" \u{1f980}")
        .project("proj_a", "Forecast service")
        // This permission does not create a project.
        .permissions("ft:model", ["proj_without_name"])
        .start()
        .await
        .expect("a server");

    let projects = list(&Client::of(&server), "").await;

    assert_eq!(projects.status, 200);
    let project = |id: &str, name: &str, created_at: i64| {
        json!({
            "object": "organization.project",
            "id": id,
            "name": name,
            "created_at": created_at,
            "archived_at": null,
            "status": "active",
        })
    };
    let mut expected = vec![
        project("proj_a", "Forecast service", 100),
        project("proj_b", "\"B\" \u{1f980}", 100),
        project("proj_c", "C", 200),
    ];
    let mut last = "proj_c";
    // The first server and its database in memory are gone.
    if database.argument.is_none() {
        expected.pop();
        last = "proj_b";
    }
    assert_eq!(
        projects.body,
        json!({
            "object": "list",
            "data": expected,
            "first_id": "proj_a",
            "last_id": last,
            "has_more": false,
        })
    );
}

async fn archived_projects_are_listed_on_request(database: TestDatabase) {
    let builder = database.builder().fixed_clock(100);
    let server = builder
        .project("proj_a", "A")
        .archived_project("proj_b", "B")
        .project("proj_c", "C")
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);

    for query in ["", "include_archived=false"] {
        let active = list(&client, query).await;
        assert_eq!(active.each("id"), ["proj_a", "proj_c"]);
    }
    let all = list(&client, "include_archived=true").await;
    assert_eq!(all.each("id"), ["proj_a", "proj_b", "proj_c"]);
    assert_eq!(all.each("status"), ["active", "archived", "active"]);
    assert_eq!(all.body["data"][1]["archived_at"], 100);
    let after = list(&client, "after=proj_b").await;
    assert_eq!(after.each("id"), ["proj_c"], "a cursor may be archived");
}

async fn project_pages_are_complete(database: TestDatabase) {
    let projects: Vec<String> = (0..25).map(|n| format!("proj_{n:02}")).collect();
    let mut builder = database.builder();
    for id in &projects {
        builder = builder.project(id, "Name");
    }
    let server = builder.start().await.expect("a server");
    let client = Client::of(&server);
    assert_eq!(list(&client, "").await.each("id"), projects[..20]);

    let mut seen: Vec<String> = Vec::new();
    let mut after = String::new();
    loop {
        let page = list(&client, &format!("limit=7{after}")).await;
        let ids = page.each("id");
        assert_eq!(page.body["first_id"], ids[0]);
        assert_eq!(page.body["last_id"], ids[ids.len() - 1]);
        seen.extend(ids.iter().map(|id| (*id).to_owned()));
        assert_eq!(page.body["has_more"], seen.len() < projects.len());
        if page.body["has_more"] == false {
            break;
        }
        after = format!("&after={}", ids[ids.len() - 1]);
    }
    assert_eq!(seen, projects);
    assert_eq!(
        list(&client, "after=proj_24").await.body,
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false})
    );
}

async fn invalid_project_query_is_refused(database: TestDatabase) {
    let server = database.serve().await;
    let client = Client::of(&server);
    for (query, code, param) in [
        ("limit=0", "integer_below_min_value", "limit"),
        ("limit=-1", "integer_below_min_value", "limit"),
        ("limit=101", "integer_above_max_value", "limit"),
        ("limit=ten", "invalid_type", "limit"),
        (
            "include_archived=maybe",
            "invalid_value",
            "include_archived",
        ),
        ("after=proj_unknown", "invalid_value", "after"),
        ("after=%00", "invalid_value", "after"),
        ("after=a&after=b", "duplicate_parameter", "after"),
        ("order=ascending", "unknown_parameter", "order"),
    ] {
        let refused = list(&client, query).await;
        assert_eq!(refused.error(), (400, code, Some(param)), "{query}");
    }
    let wrong_key = Client::new(&server.base_urls()[0], "sk-wrong");
    assert_eq!(list(&wrong_key, "").await.status, 401);
}

pub async fn restart_updates_projects(database: TestDatabase) {
    let first = database.builder().fixed_clock(100);
    first
        .project("proj_a", "A")
        .archived_project("proj_b", "B")
        .archived_project("proj_c", "C")
        .project("proj_d", "D")
        .start()
        .await
        .expect("a server")
        .shutdown()
        .await;
    let second = database.builder().fixed_clock(200);
    let server = second
        .archived_project("proj_a", "A renamed")
        .project("proj_b", "B")
        .archived_project("proj_c", "C")
        .start()
        .await
        .expect("a server");

    let all = list(&Client::of(&server), "include_archived=true").await;

    let rows: Vec<_> = all.body["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            let time = |name: &str| row[name].as_i64();
            (
                row["name"].as_str(),
                time("created_at"),
                time("archived_at"),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (Some("A renamed"), Some(100), Some(200)),
            (Some("B"), Some(100), None),
            (Some("C"), Some(100), Some(100)),
            (Some("D"), Some(100), None),
        ]
    );
}
