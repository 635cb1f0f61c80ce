//! Create and delete, and what a mistake gets, through the client and the real server.

use futures_util::TryStreamExt;
use permissions_ext::{CheckpointId, Client, PermissionId};
use permissions_server::Server;

use crate::{checkpoint, client, project};

#[tokio::test]
async fn a_permission_that_was_created_is_listed_until_it_is_deleted() {
    let server = Server::start().await.unwrap();
    let permissions = client(&server).permissions(&checkpoint());

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
    let left: Vec<_> = permissions.list().stream().try_collect().await.unwrap();
    assert_eq!(
        left.iter()
            .map(|permission| &permission.id)
            .collect::<Vec<_>>(),
        [&ids[1]]
    );
}

#[tokio::test]
async fn creating_twice_makes_one_permission() {
    let server = Server::start().await.unwrap();
    let permissions = client(&server).permissions(&checkpoint());

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
    let all: Vec<_> = permissions.list().stream().try_collect().await.unwrap();
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn a_project_loses_access_by_its_own_id() {
    let server = Server::start().await.unwrap();
    let permissions = client(&server).permissions(&checkpoint());
    permissions
        .create([project("proj_a"), project("proj_b")])
        .send()
        .await
        .unwrap();

    permissions
        .delete_project(&project("proj_a"))
        .send()
        .await
        .unwrap();

    let left: Vec<_> = permissions.list().stream().try_collect().await.unwrap();
    assert_eq!(
        left.iter()
            .map(|p| p.project_id.as_str())
            .collect::<Vec<_>>(),
        ["proj_b"]
    );
}

#[tokio::test]
async fn permissions_of_one_checkpoint_are_not_those_of_another() {
    let server = Server::start().await.unwrap();
    let step: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd:ckpt-step-100"
        .parse()
        .unwrap();
    client(&server)
        .permissions(&checkpoint())
        .create([project("proj_a")])
        .send()
        .await
        .unwrap();

    let of_step: Vec<_> = client(&server)
        .permissions(&step)
        .list()
        .stream()
        .try_collect()
        .await
        .unwrap();

    assert_eq!(of_step.len(), 0);
}

#[tokio::test]
async fn ids_that_need_escaping_come_back_as_they_were() {
    let server = Server::start().await.unwrap();
    let odd: CheckpointId = "ft:gpt/4o?mini#1 %2e%2e é 模型:ckpt".parse().unwrap();

    client(&server)
        .permissions(&odd)
        .create([project("proj ü/?#%")])
        .send()
        .await
        .unwrap();

    let all: Vec<_> = client(&server)
        .permissions(&odd)
        .list()
        .stream()
        .try_collect()
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
fn an_id_that_would_climb_to_another_route_cannot_be_made() {
    for id in ["", ".", ".."] {
        let error = id.parse::<CheckpointId>().unwrap_err().to_string();
        assert!(error.contains("CheckpointId"), "{error}");
        assert!(id.parse::<PermissionId>().is_err(), "{id:?}");
    }
}

#[tokio::test]
async fn a_permission_that_is_not_there_is_a_404_with_everything_the_server_said() {
    let server = Server::start().await.unwrap();

    let unknown = "cp_doesNotExist0000000000AB".parse().unwrap();
    let error = client(&server)
        .permissions(&checkpoint())
        .delete(&unknown)
        .send()
        .await
        .unwrap_err();

    assert!(error.is_not_found());
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
async fn a_wrong_key_is_a_401_and_stays_out_of_the_error() {
    let server = Server::start().await.unwrap();
    let client = Client::builder()
        .admin_key("sk-admin-wrong-and-secret")
        .base_url(server.base_url())
        .build()
        .unwrap();

    let error = client
        .permissions(&checkpoint())
        .list()
        .stream()
        .try_next()
        .await
        .unwrap_err();

    assert_eq!(error.status(), Some(401));
    let texts = format!("{error} {error:?} {client:?}");
    assert!(!texts.contains("wrong-and-secret"), "{texts}");
}
