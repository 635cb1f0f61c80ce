//! Writes whose response does not confirm the change.

use permissions_ext::{Error, ErrorKind};

use crate::support::FaultServer;
use crate::support::wire::Reply;

/// Creates permissions for proj_1 and proj_2 and returns the error.
async fn failed_create(server: &FaultServer) -> Error {
    let permissions = server.permissions();
    let create = permissions.create(["proj_1", "proj_2"]);
    create.send().await.unwrap_err()
}

#[tokio::test]
async fn create_without_projects_sends_nothing() {
    let server = FaultServer::start().await;
    let error = server
        .permissions()
        .create([""; 0])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::InvalidRequest
            && error.to_string().contains("list of projects is empty"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn partly_confirmed_create_fails_with_created_permissions() {
    let server = FaultServer::start().await;
    server.respond("POST", [Reply::new(
        200,
        r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"proj_1"}],"has_more":true}"#,
    )]);
    let error = failed_create(&server).await;
    assert!(
        error.kind() == ErrorKind::Incomplete
            && error.to_string().contains("does not confirm proj_2"),
        "{error}"
    );
    assert!(
        error.remedy().unwrap().contains("create again"),
        "{error:?}"
    );
    let created: Vec<_> = error
        .created()
        .iter()
        .map(|permission| permission.project_id.as_str())
        .collect();
    assert_eq!(created, ["proj_1"]);
}

#[tokio::test]
async fn unconfirmed_delete_fails() {
    let server = FaultServer::start().await;
    let body = r#"{"object":"checkpoint.permission","id":"cp_1","deleted":false}"#;
    server.respond(
        "DELETE",
        [
            Reply::new(200, body),
            Reply::new(200, body.replace("false", "true").replace("cp_1", "cp_2")),
        ],
    );
    let permissions = server.permissions();
    for reason in [
        "responded that cp_1 was not deleted",
        "contains cp_2 instead of cp_1",
    ] {
        let error = permissions.delete("cp_1").send().await.unwrap_err();
        assert!(
            error.kind() == ErrorKind::Incomplete && error.to_string().contains(reason),
            "{error}"
        );
    }
}

#[tokio::test]
async fn create_response_with_one_permission_for_two_projects_fails() {
    let server = FaultServer::start().await;
    let one = |project: &str| {
        format!(
            r#"{{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"{project}"}}"#
        )
    };
    let body = format!(
        r#"{{"object":"list","data":[{},{}],"has_more":false}}"#,
        one("proj_1"),
        one("proj_2")
    );
    server.respond("POST", [Reply::new(200, body)]);
    let error = failed_create(&server).await;
    assert!(
        error.kind() == ErrorKind::Incomplete
            && error
                .to_string()
                .contains("one permission for two projects"),
        "{error}"
    );
    assert!(
        error.created().is_empty(),
        "the list afterwards has no permission"
    );
}

#[tokio::test]
async fn gateway_404_does_not_confirm_deletion() {
    let problem = r#"{"type":"about:blank","title":"Not Found","status":404}"#;
    let numbers = r#"{"error":{"code":404,"message":"no such route"}}"#;
    let route =
        r#"{"error":{"message":"Invalid URL (DELETE /v2)","type":"invalid_request_error"}}"#;
    for reply in [
        Reply::html(404),
        Reply::new(404, ""),
        Reply::new(404, problem),
        Reply::new(404, numbers),
        Reply::new(404, r#"{"code":404,"message":"Not Found"}"#),
        Reply::new(404, route),
    ] {
        let server = FaultServer::with_permissions(&["proj_1"]).await;
        let lost = [Reply::Reset, reply.clone()];
        server.respond("DELETE", lost.into_iter().chain([reply]));
        let permissions = server.permissions();
        let by_id = permissions.delete("cp_1").send().await;
        let by_project = permissions.delete_project("proj_1").send().await;
        for error in [by_id.unwrap_err(), by_project.unwrap_err()] {
            assert!(error.kind() == ErrorKind::NotFound, "{error}");
        }
    }
}

#[tokio::test]
async fn status_201_with_complete_body_succeeds() {
    let server = FaultServer::start().await;
    let permission =
        r#"{"object":"checkpoint.permission","id":"cp_1","created_at":1,"project_id":"proj_1"}"#;
    let list = format!(r#"{{"object":"list","data":[{permission}],"has_more":false}}"#);
    let deleted = r#"{"object":"checkpoint.permission","id":"cp_1","deleted":true}"#;
    server.respond(
        "POST",
        [Reply::new(201, list.clone()).with("x-request-id", "req_1")],
    );
    server.respond("GET", [Reply::new(201, list)]);
    server.respond("DELETE", [Reply::new(201, deleted)]);
    let permissions = server.permissions();
    let created = permissions.create(["proj_1"]).send().await.unwrap();
    assert_eq!(created.len(), 1);
    assert_eq!(created.metadata().request_id(), Some("req_1"));
    assert_eq!(created.metadata().status(), Some(201));
    assert_eq!(permissions.list().all().await.unwrap().len(), 1);
    permissions.delete("cp_1").send().await.unwrap();
    assert_eq!(server.methods(), "POST GET DELETE");
}

#[tokio::test]
async fn success_without_body_reports_possible_change() {
    let incomplete = r#"{"object":"list","data":[],"has_more":false}"#;
    for (status, body) in [
        (201, ""),
        (201, "{}"),
        (201, incomplete),
        (202, ""),
        (204, ""),
    ] {
        let server = FaultServer::start().await;
        let reply = || Reply::new(status, body);
        server.respond("POST", [reply()]);
        server.respond("DELETE", [reply()]);
        server.respond("GET", [Reply::new(200, incomplete), reply()]);
        let permissions = server.permissions();
        let created = permissions.create(["proj_1"]).send().await.unwrap_err();
        assert_eq!(
            created.kind(),
            ErrorKind::Incomplete,
            "{status} {body}: {created}"
        );
        let deleted = permissions.delete("cp_1").send().await.unwrap_err();
        assert_eq!(
            deleted.kind(),
            ErrorKind::Incomplete,
            "{status} {body}: {deleted}"
        );
        if body != incomplete {
            let text = deleted.to_string();
            assert!(text.contains("the change may have been made"), "{text}");
        }
        let listed = permissions.list().send().await;
        if body.len() < 3 {
            let listed = listed.unwrap_err();
            assert_eq!(listed.kind(), ErrorKind::UnexpectedStatus, "{listed}");
        }
    }
}
