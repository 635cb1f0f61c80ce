//! Requests as the server receives them.

use permissions_ext::{CheckpointId, Error, ErrorKind, PermissionId, ProjectId};
use proptest::prelude::*;

use crate::support::FaultServer;
use crate::support::wire::{Reply, Request};

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn segments(request: &Request) -> Vec<String> {
    request.path().split('/').skip(1).map(decoded).collect()
}

#[tokio::test]
async fn requests_have_only_user_agent_and_accept_headers() {
    let server = FaultServer::start().await;
    let permissions = server.permissions();
    permissions.create(["proj_1"]).send().await.unwrap();
    permissions.delete_project("proj_1").send().await.unwrap();
    for request in server.requests() {
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("permissions-ext/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("api-version"), None);
        assert_eq!(request.header("accept-encoding"), None);
    }
}

#[tokio::test]
async fn create_sends_each_project_once() {
    let server = FaultServer::start().await;
    let created = server
        .permissions()
        .create(["p1", "p2", "p1"])
        .send()
        .await
        .unwrap();
    assert_eq!(created.len(), 2);
    let requests = server.requests();
    assert_eq!(
        requests.last().unwrap().body,
        r#"{"project_ids":["p1","p2"]}"#
    );
    assert_eq!(server.methods(), "POST");
}

#[tokio::test]
async fn create_with_read_first_posts_only_missing_projects() {
    let server = FaultServer::with_permissions(&["p_3"]).await;
    let ids: Vec<String> = (0..25).map(|n| format!("p_{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let created = server
        .permissions()
        .create(ids)
        .read_first(true)
        .batch_size(10)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (created.new_permissions().unwrap().len(), created.len()),
        (24, 25)
    );
    assert_eq!(server.methods(), "GET POST POST POST");
    assert_eq!(server.projects().len(), 25);
}

#[tokio::test]
async fn invalid_id_is_an_error_and_sends_nothing() {
    let server = FaultServer::start().await;
    let client = server.client_builder().build().unwrap();
    let refused = Error::from(client.permissions("..").unwrap_err());
    assert_eq!(refused.kind(), ErrorKind::InvalidId, "{refused}");

    let permissions = server.permissions();
    let errors = [
        permissions.create(["proj_1", ".."]).send().await.map(drop),
        permissions.delete("").send().await.map(drop),
        permissions.delete_project(".").send().await.map(drop),
        permissions.list().after("a\\b").send().await.map(drop),
        permissions.list().project_id("..").all().await.map(drop),
    ];
    for error in errors.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::InvalidId, "{error}");
        assert!(error.checkpoint().is_some(), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn ids_of_every_argument_type_are_accepted() {
    let server = FaultServer::start().await;
    let client = server.client_builder().build().unwrap();
    let typed: CheckpointId = "ft:a".parse().unwrap();
    client.permissions("ft:a").unwrap();
    client.permissions("ft:a".to_owned()).unwrap();
    client.permissions(&typed).unwrap();
    let permissions = client.permissions(typed).unwrap();
    let project: ProjectId = "proj_1".parse().unwrap();
    permissions.create(["proj_1"]).send().await.unwrap();
    permissions
        .create(["proj_2".to_owned()])
        .send()
        .await
        .unwrap();
    permissions.create([&project]).send().await.unwrap();
    permissions.create(vec![project]).send().await.unwrap();
    assert_eq!(server.projects().len(), 4);
}

#[tokio::test]
async fn query_options_are_added_to_operation_parameters() {
    let server = FaultServer::start().await;
    server
        .permissions()
        .list()
        .query("api-version", "2026 & later")
        .query("x", "ü")
        .send()
        .await
        .unwrap();
    let request = server.requests().remove(0);
    assert_eq!(
        request.query("api-version").as_deref(),
        Some("2026 & later")
    );
    assert_eq!(
        (
            request.query("x").as_deref(),
            request.query("limit").as_deref()
        ),
        (Some("ü"), Some("100"))
    );
}

#[test]
fn empty_and_dot_ids_are_rejected() {
    for bad in ["", ".", "..", "a\\b"] {
        assert!(
            bad.parse::<CheckpointId>()
                .unwrap_err()
                .to_string()
                .contains("CheckpointId"),
            "{bad}"
        );
        assert!(bad.parse::<PermissionId>().is_err(), "{bad}");
        assert!(
            serde_json::from_value::<PermissionId>(bad.into()).is_err(),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn id_with_special_characters_is_one_path_segment() {
    let server = FaultServer::start().await;
    let client = server.client_builder().build().unwrap();
    for id in [
        "a/b",
        "a?b#c",
        "a b",
        "ü",
        "%2e%2e",
        "ft:gpt-4o-mini:org:x:y",
        "../../organization/admin_api_keys/key_1",
    ] {
        let permissions = client.permissions(id).unwrap();
        permissions.delete(id).send().await.unwrap_err();
        let request = server.requests().pop().unwrap();
        assert_eq!(
            segments(&request),
            ["v1", "fine_tuning", "checkpoints", id, "permissions", id]
        );
    }
    assert!(
        server.requests()[5]
            .target
            .contains("ft:gpt-4o-mini:org:x:y"),
        "colons are not encoded"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn percent_decoded_path_contains_the_original_id(id in "\\PC{1,20}|[ -~]{1,20}") {
        prop_assume!(id != "." && id != ".." && !id.contains('\\'));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = FaultServer::start().await;
            server.respond("DELETE", [Reply::html(400)]);
            server.permissions().delete(&id).send().await.unwrap_err();
            assert_eq!(segments(&server.requests()[0])[5], id);
        });
    }
}
