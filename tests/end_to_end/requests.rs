//! Each of the three requests, as it arrives at the other end of a socket.

use permissions_ext::{Client, Order};
use permissions_tests::RecordingPeer;

use crate::{checkpoint, project};

const ONE_PERMISSION: &str = r#"{"object":"list","data":[{"object":"checkpoint.permission","id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","created_at":1721764867,"project_id":"proj_a"}],"first_id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","last_id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","has_more":false}"#;

fn client(peer: &RecordingPeer) -> Client {
    Client::builder()
        .admin_key("sk-admin-recorded")
        .base_url(peer.base_url())
        .build()
        .unwrap()
}

#[tokio::test]
async fn list_with_every_parameter() {
    let peer = RecordingPeer::responding([ONE_PERMISSION]).await.unwrap();

    let list = client(&peer)
        .permissions(checkpoint())
        .unwrap()
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
async fn list_with_the_defaults() {
    let peer = RecordingPeer::responding([ONE_PERMISSION]).await.unwrap();

    client(&peer)
        .permissions(checkpoint())
        .unwrap()
        .list()
        .all()
        .await
        .unwrap();

    insta::with_settings!({description => "GET with nothing set: pages of 100, the server's default order"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}

#[tokio::test]
async fn create() {
    let peer = RecordingPeer::responding([ONE_PERMISSION]).await.unwrap();

    client(&peer)
        .permissions(checkpoint())
        .unwrap()
        .create([project("proj_a")])
        .send()
        .await
        .unwrap();

    insta::with_settings!({description => "POST, as sent over a socket"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}

#[tokio::test]
async fn delete() {
    let peer = RecordingPeer::responding([
        r#"{"object":"checkpoint.permission","id":"cp_zc4Q7MP6XxulcVzj4MZdwsAB","deleted":true}"#,
    ])
    .await
    .unwrap();

    let permission_id = "cp_zc4Q7MP6XxulcVzj4MZdwsAB";
    client(&peer)
        .permissions(checkpoint())
        .unwrap()
        .delete(permission_id)
        .send()
        .await
        .unwrap();

    insta::with_settings!({description => "DELETE, as sent over a socket"}, {
        insta::assert_snapshot!(peer.requests().join("\n"));
    });
}
