//! Create, delete and their errors, through the client and permissions-server.

use permissions_ext::{CheckpointId, Client, ErrorKind, PermissionId, Project};
use permissions_server::Server;

use crate::{checkpoint, client, permissions, project};

#[tokio::test]
async fn created_permission_is_listed_until_deleted() {
    let server = Server::start().await.unwrap();
    let permissions = permissions(&server);

    let created = permissions
        .create([project("proj_a"), project("proj_b")])
        .send()
        .await
        .unwrap();
    let ids: Vec<_> = created
        .iter()
        .map(|permission| permission.id.clone())
        .collect();
    assert_eq!(ids.len(), 2);

    permissions.delete(&ids[0]).send().await.unwrap();
    let left: Vec<_> = permissions.list().all().await.unwrap();
    assert_eq!(
        left.iter()
            .map(|permission| &permission.id)
            .collect::<Vec<_>>(),
        [&ids[1]]
    );
}

#[tokio::test]
async fn second_create_keeps_first_permission() {
    let server = Server::start().await.unwrap();
    let permissions = permissions(&server);

    let first = permissions
        .create([project("proj_a")])
        .send()
        .await
        .unwrap();
    let second = permissions
        .create([project("proj_a")])
        .send()
        .await
        .unwrap();

    let id = |created: &permissions_ext::Created| created.iter().next().unwrap().id.clone();
    assert_eq!(id(&first), id(&second));
    let all: Vec<_> = permissions.list().all().await.unwrap();
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn delete_project_deletes_by_project_id() {
    let server = Server::start().await.unwrap();
    let permissions = permissions(&server);
    permissions
        .create([project("proj_a"), project("proj_b")])
        .send()
        .await
        .unwrap();

    permissions.delete_project("proj_a").send().await.unwrap();

    let left: Vec<_> = permissions.list().all().await.unwrap();
    assert_eq!(
        left.iter()
            .map(|p| p.project_id.as_str())
            .collect::<Vec<_>>(),
        ["proj_b"]
    );
}

#[tokio::test]
async fn checkpoints_have_separate_permissions() {
    let server = Server::start().await.unwrap();
    let step = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd:ckpt-step-100";
    permissions(&server)
        .create([project("proj_a")])
        .send()
        .await
        .unwrap();

    let of_step: Vec<_> = client(&server)
        .permissions(step)
        .unwrap()
        .list()
        .all()
        .await
        .unwrap();

    assert_eq!(of_step.len(), 0);
}

#[tokio::test]
async fn ids_with_special_characters_are_preserved() {
    let server = Server::start().await.unwrap();
    let odd: CheckpointId = "ft:gpt/4o?mini#1 %2e%2e é 模型:ckpt".parse().unwrap();

    client(&server)
        .permissions(&odd)
        .unwrap()
        .create([project("proj ü/?#%")])
        .send()
        .await
        .unwrap();

    let all: Vec<_> = client(&server)
        .permissions(&odd)
        .unwrap()
        .list()
        .all()
        .await
        .unwrap();
    assert_eq!(
        all.iter()
            .map(|p| p.project_id.as_str())
            .collect::<Vec<_>>(),
        ["proj ü/?#%"]
    );
}

#[test]
fn empty_and_dot_ids_are_rejected() {
    for id in ["", ".", ".."] {
        let error = id.parse::<CheckpointId>().unwrap_err().to_string();
        assert!(error.contains("CheckpointId"), "{error}");
        assert!(id.parse::<PermissionId>().is_err(), "{id:?}");
    }
}

#[tokio::test]
async fn unknown_permission_error_has_message_and_request_id() {
    let server = Server::start().await.unwrap();

    let unknown = "cp_doesNotExist0000000000AB";
    let error = permissions(&server)
        .delete(unknown)
        .send()
        .await
        .unwrap_err();

    assert!(error.kind() == ErrorKind::NotFound);
    assert_eq!(error.status(), Some(404));
    assert!(
        error
            .message()
            .is_some_and(|message| message.contains("cp_doesNotExist0000000000AB")),
        "{error}"
    );
    assert!(
        error.request_id().is_some_and(|id| id.starts_with("req_")),
        "{error}"
    );
}

#[tokio::test]
async fn wrong_key_is_unauthorized_and_redacted() {
    let server = Server::start().await.unwrap();
    let client = Client::builder()
        .admin_key("sk-admin-wrong-and-secret")
        .base_url(server.base_url())
        .build()
        .unwrap();

    let error = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap_err();

    assert_eq!(error.status(), Some(401));
    let texts = format!("{error} {error:?} {client:?}");
    assert!(!texts.contains("wrong-and-secret"), "{texts}");
}

#[tokio::test]
async fn projects_of_the_server_are_listed_with_names() {
    let server = Server::builder()
        .project("proj_a", "Forecast service")
        .archived_project("proj_b", "Radar")
        .start()
        .await
        .unwrap();

    let active = client(&server).projects().all().await.unwrap();
    let projects = client(&server).projects();
    let all = projects.include_archived(true).all().await.unwrap();

    let names = |projects: &[Project]| -> Vec<(String, bool)> {
        let name = |project: &Project| project.name.clone().unwrap();
        let with_state = |project| (name(project), project.is_archived());
        projects.iter().map(with_state).collect()
    };
    assert_eq!(names(&active), [("Forecast service".to_owned(), false)]);
    assert_eq!(
        names(&all),
        [
            ("Forecast service".to_owned(), false),
            ("Radar".to_owned(), true)
        ]
    );
}
