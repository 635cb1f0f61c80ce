//! Lists of projects. `matrix.rs` tests the faults that every request may have.

use std::sync::{Arc, Mutex};

use permissions_ext::{Client, Error, ErrorKind, Event, Project, ProjectId};
use serde_json::{Value, json};

use crate::support::FaultServer;
use crate::support::store::body;
use crate::support::wire::Reply;

fn project(id: &str) -> Value {
    json!({
        "object": "organization.project", "id": id, "created_at": 1_711_471_533,
        "name": format!("Name of {id}"), "status": "active", "archived_at": null,
    })
}

/// Returns a page with projects of these ids.
fn page(ids: &[&str], last_id: Option<&str>, has_more: bool) -> Reply {
    let projects: Vec<Value> = ids.iter().map(|id| project(id)).collect();
    let mut page = body(&projects, has_more);
    page["last_id"] = json!(last_id);
    Reply::json(200, &page)
}

fn client(server: &FaultServer) -> Client {
    server.client_builder().build().unwrap()
}

/// Reads all items of a list. Returns the ids and the error with which the list ended.
async fn read(server: &FaultServer) -> (Vec<ProjectId>, Option<Error>) {
    let mut stream = client(server).projects().stream();
    let (mut ids, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "the stream continues after an error");
        match item {
            Ok(project) => ids.push(project.id),
            Err(cause) => error = Some(cause),
        }
    }
    (ids, error)
}

#[tokio::test]
async fn archived_projects_are_listed_on_request() {
    let server = FaultServer::start().await;
    let mut archived = project("proj_2");
    archived["archived_at"] = json!(1_711_471_600);
    archived["status"] = json!("archived");
    let unnamed = json!({"object": "organization.project", "id": "proj_3", "created_at": 7, "name": null, "status": null});
    server.set_projects(vec![project("proj_1"), archived, unnamed]);
    let client = client(&server);

    let active: Vec<Project> = client.projects().all().await.unwrap();
    let all: Vec<Project> = client
        .projects()
        .include_archived(true)
        .all()
        .await
        .unwrap();

    assert_eq!((active.len(), all.len()), (2, 3));
    assert_eq!(active, [all[0].clone(), all[2].clone()]);
    assert_eq!(all[0].name.as_deref(), Some("Name of proj_1"));
    assert_eq!(all[0].created_at, 1_711_471_533);
    assert_eq!(all[1].archived_at, Some(1_711_471_600));
    assert_eq!(all[1].status.as_deref(), Some("archived"));
    assert_eq!((&all[2].name, &all[2].status), (&None, &None));
    let archived: Vec<bool> = all.iter().map(Project::is_archived).collect();
    assert_eq!(archived, [false, true, false]);
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Project>>(&json).unwrap(), all);
    let requests = server.requests();
    assert_eq!(requests[0].path(), "/v1/organization/projects");
    let queries: Vec<_> = requests
        .iter()
        .map(|request| (request.query("limit"), request.query("include_archived")))
        .collect();
    let limit = Some("100".to_owned());
    assert_eq!(
        queries,
        [(limit.clone(), None), (limit, Some("true".to_owned()))]
    );
}

#[tokio::test]
async fn every_page_of_projects_is_requested() {
    let server = FaultServer::start().await;
    server.set_projects((0..5).map(|n| project(&format!("proj_{n}"))).collect());
    let list = client(&server)
        .projects()
        .page_size(2)
        .header("x-test", "1");

    let mut pages = list.clone().pages();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().data().len());
    }
    let first = list
        .clone()
        .after("proj_2")
        .max_items(1)
        .send()
        .await
        .unwrap();

    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(first.data()[0].id, "proj_3");
    assert!(first.has_more() && first.next().await.unwrap().is_none());
    assert_eq!(first.first_id(), first.last_id());
    let requests = server.requests();
    assert!(requests.iter().all(|it| it.header("x-test") == Some("1")));
    let cursors: Vec<_> = requests.iter().map(|it| it.query("after")).collect();
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(cursors, [None, id("proj_1"), id("proj_3"), id("proj_2")]);
}

#[tokio::test]
async fn invalid_page_fails_after_valid_projects() {
    for (kind, second) in [
        (ErrorKind::Pagination, page(&["b"], Some("a"), true)),
        (ErrorKind::Pagination, page(&[], None, true)),
        (ErrorKind::Decode, Reply::html(200)),
        (ErrorKind::Decode, Reply::new(200, "{}")),
        (ErrorKind::PermissionDenied, Reply::html(403)),
    ] {
        let server = FaultServer::start().await;
        server.respond("GET", [page(&["a"], Some("a"), true), second]);
        let (ids, error) = read(&server).await;
        assert_eq!(ids[0], "a");
        assert_eq!(error.unwrap().kind(), kind);
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn repeated_project_is_left_out() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [
            page(&["a", "b"], Some("b"), true),
            page(&["b", "c"], Some("c"), false),
        ],
    );
    let (ids, error) = read(&server).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, ["a", "b", "c"]);
}

#[tokio::test]
async fn refused_key_is_not_retried() {
    let server = FaultServer::start().await;
    for (status, remedy) in [
        (403, "may read projects"),
        (404, "may not support lists of projects"),
        (405, "may not support this operation"),
    ] {
        server.respond("GET", [Reply::html(status)]);
        let error = client(&server).projects().all().await.unwrap_err();
        assert_eq!(error.checkpoint(), None);
        let text = error.to_string();
        assert!(text.contains("list the projects"), "{text}");
        assert!(error.remedy().unwrap().contains(remedy), "{error:?}");
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn observer_receives_requests_for_projects() {
    let server = FaultServer::start().await;
    server.set_projects(vec![project("proj_1")]);
    server.respond("GET", [Reply::html(500)]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let client = server.client_builder().observer(move |event| {
        log.lock().unwrap().push(match event {
            Event::Failed {
                operation,
                checkpoint: None,
                ..
            } => format!("{operation} failed"),
            Event::Succeeded {
                operation,
                checkpoint: None,
                ..
            } => format!("{operation} succeeded"),
            Event::Page {
                checkpoint: None,
                items,
                ..
            } => format!("page of {items}"),
            other => format!("{other:?}"),
        });
    });
    client.build().unwrap().projects().all().await.unwrap();
    let expected = [
        "list_projects failed",
        "list_projects succeeded",
        "page of 1",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}
