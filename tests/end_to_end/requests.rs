//! Snapshots of the requests, as a server receives them.

use permissions_ext::Order;
use permissions_tests::RecordingPeer;

use crate::{project, recorded_client, recorded_permissions};

const ONE_PERMISSION: &str = r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","created_at":1721764867,"project_id":"proj_a"}],"first_id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","last_id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","has_more":false}"#;

#[tokio::test]
async fn list_with_every_parameter_sends_them() {
    let peer = RecordingPeer::responding([ONE_PERMISSION]).await.unwrap();

    let list = recorded_permissions(&peer)
        .list()
        .page_size(2)
        .after("cp_enQCFmOTGj3syEpYVhBRLTSy")
        .order(Order::Ascending)
        .project_id(project("proj_a"));
    list.all().await.unwrap();

    insta::with_settings!({description => "GET with every query parameter, as sent over a socket"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}

#[tokio::test]
async fn list_without_parameters_sends_page_size() {
    let peer = RecordingPeer::responding([ONE_PERMISSION]).await.unwrap();

    recorded_permissions(&peer).list().all().await.unwrap();

    insta::with_settings!({description => "GET with nothing set: pages of 100, the server's default order"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}

#[tokio::test]
async fn create_sends_project_ids() {
    let peer = RecordingPeer::responding([ONE_PERMISSION]).await.unwrap();

    recorded_permissions(&peer)
        .create([project("proj_a")])
        .send()
        .await
        .unwrap();

    insta::with_settings!({description => "POST, as sent over a socket"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}

#[tokio::test]
async fn delete_sends_no_body() {
    let peer = RecordingPeer::responding([
        r#"{"object":"checkpoint.permission","id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","deleted":true}"#,
    ])
    .await
    .unwrap();

    let permission_id = "cp_zc4Q7MP6XxulcVzj4MZdwsAB";
    recorded_permissions(&peer)
        .delete(permission_id)
        .send()
        .await
        .unwrap();

    insta::with_settings!({description => "DELETE, as sent over a socket"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}

#[tokio::test]
async fn projects_with_archived_sends_parameter() {
    let page = r#"{"object":"list","data":[],"has_more":false}"#;
    let peer = RecordingPeer::responding([page]).await.unwrap();

    let projects = recorded_client(&peer).projects();
    projects.include_archived(true).all().await.unwrap();

    insta::with_settings!({description => "GET of the projects, with archived ones"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}
