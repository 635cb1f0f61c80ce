//! What a request looks like on the wire.

use permissions_ext::{CallOptions, CheckpointId, PermissionId};
use proptest::prelude::*;

use crate::support::wire::{Reply, Request};
use crate::support::{FaultServer, checkpoint, project, projects};

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
async fn every_request_has_user_agent_and_accept_only() {
    let server = FaultServer::new().await;
    let permissions = server.permissions();
    permissions
        .create([project("proj_1")])
        .send()
        .await
        .unwrap();
    permissions
        .delete_project("proj_1")
        .send()
        .await
        .unwrap();
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
    let server = FaultServer::new().await;
    let created = server
        .permissions()
        .create(projects(&["p1", "p2", "p1"]))
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
async fn read_first_posts_only_missing_projects() {
    let server = FaultServer::with(&["p_3"]).await;
    let ids: Vec<String> = (0..25).map(|n| format!("p_{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let created = server
        .permissions()
        .create(projects(&ids))
        .read_first(true)
        .batch_size(10)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (created.created().count(), created.existing().count()),
        (24, 1)
    );
    assert_eq!(server.methods(), "GET POST POST POST");
    assert_eq!(server.projects().len(), 25);
}

#[tokio::test]
async fn a_create_tells_what_its_client_has_met_and_what_is_older_than_the_call_from_what_is_new() {
    let server = FaultServer::new().await;
    let answer = |created_at: i64| {
        let body = format!(
            r#"{{"object":"list","data":[{{"object":"checkpoint.permission","id":"cp_{created_at}","created_at":{created_at},"project_id":"p"}}],"has_more":false}}"#
        );
        Reply::new(200, body).with("date", "Sun, 06 Nov 1994 08:49:37 GMT")
    };
    let client = server.builder().build().unwrap();
    for (created_at, is_new) in [
        (784_111_777, true),
        (784_111_777, false),
        (784_000_000, false),
    ] {
        server.respond("POST", [answer(created_at)]);
        let created = client
            .clone()
            .permissions(checkpoint()).unwrap()
            .create([project("p")])
            .send()
            .await
            .unwrap();
        assert_eq!(
            (created.created().count(), created.existing().count()),
            (usize::from(is_new), usize::from(!is_new)),
            "created at {created_at}"
        );
    }
    assert_eq!(server.methods(), "POST POST POST");
}

#[tokio::test]
async fn query_options_are_added_to_operation_parameters() {
    let server = FaultServer::new().await;
    let options = CallOptions::new()
        .query("api-version", "2026 & later")
        .query("x", "ü");
    server
        .permissions()
        .list()
        .options(options)
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
    for bad in ["", ".", ".."] {
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
async fn id_with_special_characters_stays_one_segment() {
    let server = FaultServer::new().await;
    let client = server.builder().build().unwrap();
    for id in [
        "a/b",
        "a?b#c",
        "a b",
        "ü",
        "%2e%2e",
        "ft:gpt-4o-mini:org:x:y",
        "../../organization/admin_api_keys/key_1",
    ] {
        let permissions = client.permissions(id);
        permissions
            .delete(id)
            .send()
            .await
            .unwrap_err();
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
        "colons stay as they are"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_id_is_restored_from_the_path(id in "\\PC{1,20}|[ -~]{1,20}") {
        prop_assume!(id != "." && id != ".." && !id.contains('\\'));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = FaultServer::new().await;
            server.respond("DELETE", [Reply::html(400)]);
            server.permissions().delete(id).send().await.unwrap_err();
            assert_eq!(segments(&server.requests()[0])[5], id);
        });
    }
}
