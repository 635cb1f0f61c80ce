//! Saved positions of lists.

use permissions_ext::{Error, ErrorKind, Order, Permission, Position, Project};
use serde_json::json;

use crate::support::{CHECKPOINT, FaultServer, checkpoint};

#[tokio::test]
async fn saved_position_resumes_without_gap() {
    let projects: Vec<String> = (0..7).map(|n| format!("p{n}")).collect();
    let server =
        FaultServer::with_permissions(&projects.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
    for read_before in 0..=7 {
        let list = server
            .permissions()
            .list()
            .page_size(3)
            .order(Order::Ascending);
        let mut stream = list.stream();
        let mut seen = Vec::new();
        for _ in 0..read_before {
            seen.push(stream.next().await.unwrap().unwrap().project_id.to_string());
        }
        let saved = serde_json::to_string(&stream.position()).unwrap();
        drop(stream);

        let position: Position = serde_json::from_str(&saved).unwrap();
        let rest = server.permissions().list().page_size(3).resume(&position);
        let rest = rest.all().await.unwrap();
        seen.extend(
            rest.into_iter()
                .map(|permission| permission.project_id.to_string()),
        );
        assert_eq!(seen, projects, "after {read_before}: {saved}");
    }
}

#[tokio::test]
async fn position_of_other_checkpoint_is_refused() {
    let server = FaultServer::with_permissions(&["proj_1"]).await;
    let client = server.client_builder().build().unwrap();
    let mut stream = client.permissions(checkpoint()).unwrap().list().stream();
    let start = stream.position();
    while let Some(permission) = stream.next().await {
        permission.unwrap();
    }
    let sent = server.requests().len();
    for position in [start, stream.position()] {
        let other = client.permissions("ft:other").unwrap().list();
        let error = other
            .resume(&position)
            .stream()
            .next()
            .await
            .unwrap()
            .unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(CHECKPOINT), "{error}");
    }
    assert_eq!(server.requests().len(), sent);
}

#[tokio::test]
async fn position_of_other_order_or_project_is_refused() {
    let server = FaultServer::with_permissions(&["proj_1", "proj_2"]).await;
    let permissions = server.permissions();
    let mut stream = permissions.list().page_size(1).stream();
    stream.next().await.unwrap().unwrap();
    let position = stream.position();
    let sent = server.requests().len();
    let resumed = || permissions.list().prefetch(false).resume(&position);
    for list in [
        resumed().order(Order::Ascending),
        resumed().project_id("proj_1"),
    ] {
        let error = list.send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains("another order"), "{error}");
    }
    assert!(
        server.requests().len() <= sent + 1,
        "a refused list sent a request"
    );
    let rest: Vec<Permission> = resumed().all().await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn finished_position_of_other_list_is_refused() {
    let server = FaultServer::with_permissions(&["proj_1"]).await;
    let permissions = server.permissions();
    let mut stream = permissions.list().stream();
    while stream.next().await.transpose().unwrap().is_some() {}
    let end = stream.position();
    assert!(end.finished);
    let same: Vec<Permission> = permissions.list().resume(&end).all().await.unwrap();
    assert!(same.is_empty());
    let other = permissions.list().resume(&end).order(Order::Ascending);
    let refused: Result<Vec<Permission>, Error> = other.all().await;
    assert!(refused.unwrap_err().kind() == ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn saved_position_of_projects_resumes_without_gap() {
    let server = FaultServer::start().await;
    let project = |n| json!({"object": "organization.project", "id": format!("proj_{n}"), "created_at": n, "archived_at": n});
    server.set_projects((0..5).map(project).collect());
    let client = server.client_builder().build().unwrap();
    for read_before in 0..=5 {
        let list = client.projects().include_archived(true).page_size(2);
        let mut stream = list.stream();
        let mut seen = Vec::new();
        for _ in 0..read_before {
            seen.push(stream.next().await.unwrap().unwrap());
        }
        let saved = serde_json::to_string(&stream.position()).unwrap();

        let position: Position<Project> = serde_json::from_str(&saved).unwrap();
        let resumed = || client.projects().page_size(2).resume(&position);
        seen.extend(resumed().all().await.unwrap());
        let ids: Vec<&str> = seen.iter().map(|project| project.id.as_str()).collect();
        assert_eq!(ids, ["proj_0", "proj_1", "proj_2", "proj_3", "proj_4"]);
        let other = resumed().include_archived(false).all().await.unwrap_err();
        assert_eq!(other.kind(), ErrorKind::InvalidRequest, "{other}");
        assert!(other.to_string().contains("include_archived"), "{other}");
    }
}

#[tokio::test]
async fn position_of_other_item_type_is_rejected() {
    let server = FaultServer::start().await;
    let client = server.client_builder().build().unwrap();
    let of_permissions = server.permissions().list().stream().position();
    let of_projects = client.projects().stream().position();
    let of_permissions = serde_json::to_string(&of_permissions).unwrap();
    let of_projects = serde_json::to_string(&of_projects).unwrap();
    assert!(serde_json::from_str::<Position<Project>>(&of_permissions).is_err());
    assert!(serde_json::from_str::<Position>(&of_projects).is_err());
    let known = format!(r#"{{"checkpoint":"{CHECKPOINT}","after":"cp_1","order":"ascending"}}"#);
    let position: Position = serde_json::from_str(&known).unwrap();
    assert_eq!(position.after.unwrap(), "cp_1");
}
