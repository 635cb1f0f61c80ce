//! What a request looks like on the wire.

use permissions_ext::{CallOptions, CheckpointId, PermissionId};
use proptest::prelude::*;

use crate::support::wire::{Reply, Request};
use crate::support::{World, checkpoint, project, projects};

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn segments(request: &Request) -> Vec<String> {
    request.path().split('/').skip(1).map(decoded).collect()
}

// Row 13.
#[tokio::test]
async fn every_request_names_crate_and_version_and_what_it_accepts_and_nothing_else() {
    let world = World::new().await;
    let permissions = world.permissions();
    permissions
        .create([project("proj_1")])
        .send()
        .await
        .unwrap();
    permissions
        .delete_project(&project("proj_1"))
        .send()
        .await
        .unwrap();
    for request in world.requests() {
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("permissions-ext/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("api-version"), None);
        assert_eq!(request.header("accept-encoding"), None);
    }
}

// Row 57.
#[tokio::test]
async fn a_create_sends_each_project_once_and_its_answer_is_never_paged() {
    let world = World::new().await;
    let created = world
        .permissions()
        .create(projects(&["p1", "p2", "p1"]))
        .send()
        .await
        .unwrap();
    assert_eq!(created.len(), 2);
    let requests = world.requests();
    assert_eq!(
        requests.last().unwrap().body,
        r#"{"project_ids":["p1","p2"]}"#
    );
    assert_eq!(world.methods(), "POST");
}

// Extra 19.
#[tokio::test]
async fn a_long_create_that_reads_first_reads_the_whole_list_once_and_asks_for_what_is_missing() {
    let world = World::with(&["p_3"]).await;
    let ids: Vec<String> = (0..25).map(|n| format!("p_{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let created = world
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
    assert_eq!(world.methods(), "GET POST POST POST");
    assert_eq!(world.projects().len(), 25);
}

#[tokio::test]
async fn a_create_tells_what_its_client_has_met_and_what_is_older_than_the_call_from_what_is_new() {
    let world = World::new().await;
    let answer = |created_at: i64| {
        let body = format!(
            r#"{{"object":"list","data":[{{"object":"checkpoint.permission","id":"cp_{created_at}","created_at":{created_at},"project_id":"p"}}],"has_more":false}}"#
        );
        Reply::new(200, body).with("date", "Sun, 06 Nov 1994 08:49:37 GMT")
    };
    let client = world.builder().build().unwrap();
    for (created_at, is_new) in [
        (784_111_777, true),
        (784_111_777, false),
        (784_000_000, false),
    ] {
        world.answers("POST", [answer(created_at)]);
        let created = client
            .clone()
            .permissions(&checkpoint())
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
    assert_eq!(world.methods(), "POST POST POST");
}

// Row 80.
#[tokio::test]
async fn parameters_of_a_call_join_those_of_the_operation() {
    let world = World::new().await;
    let options = CallOptions::new()
        .query("api-version", "2026 & later")
        .query("x", "ü");
    world
        .permissions()
        .list()
        .options(options)
        .send()
        .await
        .unwrap();
    let request = world.requests().remove(0);
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

// Rows 65, 66: an id that would lead to another route cannot be made, so that no call can be given one.
// Extra 15.
#[test]
fn ids_that_lead_astray_do_not_come_into_being() {
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

// Rows 67, 68.
#[tokio::test]
async fn an_id_stays_one_segment_whatever_is_in_it() {
    let world = World::new().await;
    let client = world.builder().build().unwrap();
    for id in [
        "a/b",
        "a?b#c",
        "a b",
        "ü",
        "%2e%2e",
        "ft:gpt-4o-mini:org:x:y",
        "../../organization/admin_api_keys/key_1",
    ] {
        let permissions = client.permissions(&id.parse().unwrap());
        permissions
            .delete(&id.parse().unwrap())
            .send()
            .await
            .unwrap_err();
        let request = world.requests().pop().unwrap();
        assert_eq!(
            segments(&request),
            ["v1", "fine_tuning", "checkpoints", id, "permissions", id]
        );
    }
    assert!(
        world.requests()[5]
            .target
            .contains("ft:gpt-4o-mini:org:x:y"),
        "colons stay as they are"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    // Row 69.
    #[test]
    fn any_text_comes_back_out_of_the_path(id in "\\PC{1,20}|[ -~]{1,20}") {
        prop_assume!(id != "." && id != ".." && !id.contains('\\'));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            world.answers("DELETE", [Reply::html(400)]);
            world.permissions().delete(&id.parse().unwrap()).send().await.unwrap_err();
            assert_eq!(segments(&world.requests()[0])[5], id);
        });
    }
}
