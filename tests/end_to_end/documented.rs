//! The examples of the API reference: the client reads them, and the server's responses have the same shape.

use permissions_server::Server;
use permissions_tests::RecordingPeer;
use serde_json::{Value, json};

use crate::{http_client, project, recorded_client, recorded_permissions};

/// Response of the list operation in the API reference.
const LIST: &str = r#"{
  "object": "list",
  "data": [
    {
      "object": "checkpoint.permission",
      "id": "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
      "created_at": 1721764867,
      "project_id": "proj_abGMw1llN8IrBb6SvvY5A1iH"
    },
    {
      "object": "checkpoint.permission",
      "id": "cp_enQCFmOTGj3syEpYVhBRLTSy",
      "created_at": 1721764800,
      "project_id": "proj_iqGMw1llN8IrBb6SvvY5A1oF"
    }
  ],
  "first_id": "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
  "last_id": "cp_enQCFmOTGj3syEpYVhBRLTSy",
  "has_more": false
}"#;

/// Response of the create operation in the API reference.
const CREATE: &str = r#"{
  "object": "list",
  "data": [
    {
      "object": "checkpoint.permission",
      "id": "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
      "created_at": 1721764867,
      "project_id": "proj_abGMw1llN8IrBb6SvvY5A1iH"
    }
  ],
  "first_id": "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
  "last_id": "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
  "has_more": false
}"#;

/// Response of the delete operation in the API reference.
const DELETE: &str = r#"{
  "object": "checkpoint.permission",
  "id": "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
  "deleted": true
}"#;

/// Response of the list of projects in the API reference.
const PROJECTS: &str = r#"{
  "object": "list",
  "data": [
    {
      "id": "proj_abc",
      "object": "organization.project",
      "name": "Project example",
      "created_at": 1711471533,
      "archived_at": null,
      "status": "active"
    }
  ],
  "first_id": "proj-abc",
  "last_id": "proj-xyz",
  "has_more": false
}"#;

#[tokio::test]
async fn client_reads_documented_list() {
    let peer = RecordingPeer::responding([LIST]).await.unwrap();

    let permissions: Vec<_> = recorded_permissions(&peer).list().all().await.unwrap();

    let read: Vec<_> = permissions
        .iter()
        .map(|p| (p.id.as_str(), p.created_at, p.project_id.as_str()))
        .collect();
    assert_eq!(
        read,
        [
            (
                "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
                1_721_764_867,
                "proj_abGMw1llN8IrBb6SvvY5A1iH"
            ),
            (
                "cp_enQCFmOTGj3syEpYVhBRLTSy",
                1_721_764_800,
                "proj_iqGMw1llN8IrBb6SvvY5A1oF"
            ),
        ]
    );
    assert_eq!(
        peer.requests().len(),
        1,
        "a page without has_more is the last one"
    );
}

#[tokio::test]
async fn client_reads_documented_create_response() {
    let peer = RecordingPeer::responding([CREATE]).await.unwrap();

    let created = recorded_permissions(&peer)
        .create([project("proj_abGMw1llN8IrBb6SvvY5A1iH")])
        .send()
        .await
        .unwrap();

    let ids: Vec<_> = created
        .iter()
        .map(|permission| permission.id.as_str())
        .collect();
    assert_eq!(ids, ["cp_zc4Q7MP6XxulcVzj4MZdwsAB"]);
}

#[tokio::test]
async fn client_reads_documented_delete_response() {
    let peer = RecordingPeer::responding([DELETE]).await.unwrap();

    let permission_id = "cp_zc4Q7MP6XxulcVzj4MZdwsAB";
    recorded_permissions(&peer)
        .delete(permission_id)
        .send()
        .await
        .unwrap();

    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn client_reads_documented_projects() {
    let peer = RecordingPeer::responding([PROJECTS]).await.unwrap();

    let projects = recorded_client(&peer).projects().all().await.unwrap();

    assert_eq!(projects.len(), 1);
    assert_eq!(projects[0].id, "proj_abc");
    assert_eq!(projects[0].name.as_deref(), Some("Project example"));
    assert_eq!(projects[0].status.as_deref(), Some("active"));
    assert_eq!(projects[0].created_at, 1_711_471_533);
    assert_eq!(projects[0].archived_at, None);
}

#[tokio::test]
async fn server_responses_have_documented_shape() {
    let server = Server::builder()
        .project("proj_abc", "Project example")
        .start()
        .await
        .unwrap();
    let http = http_client();
    let collection = format!(
        "{}/fine_tuning/checkpoints/ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd/permissions",
        server.base_url()
    );
    let read = async |request: reqwest::RequestBuilder| -> Value {
        let response = request
            .bearer_auth(server.admin_key())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    };

    let body = json!({"project_ids": ["proj_abGMw1llN8IrBb6SvvY5A1iH"]});
    let created = read(http.post(&collection).json(&body)).await;
    assert_eq!(
        shape(&created),
        shape(&serde_json::from_str(CREATE).unwrap())
    );

    let body = json!({"project_ids": ["proj_iqGMw1llN8IrBb6SvvY5A1oF"]});
    read(http.post(&collection).json(&body)).await;
    let listed = read(http.get(&collection)).await;
    assert_eq!(shape(&listed), shape(&serde_json::from_str(LIST).unwrap()));
    assert_eq!(listed["first_id"], listed["data"][0]["id"]);
    assert_eq!(listed["last_id"], listed["data"][1]["id"]);

    let permission_id = created["data"][0]["id"].as_str().unwrap();
    let deleted = read(http.delete(format!("{collection}/{permission_id}"))).await;
    assert_eq!(
        shape(&deleted),
        shape(&serde_json::from_str(DELETE).unwrap())
    );
    assert_eq!(deleted["id"], created["data"][0]["id"]);

    let projects = read(http.get(format!("{}/organization/projects", server.base_url()))).await;
    let documented: Value = serde_json::from_str(PROJECTS).unwrap();
    assert_eq!(shape(&projects["data"]), shape(&documented["data"]));
    assert_eq!(projects["first_id"], projects["data"][0]["id"]);
    assert_eq!(projects["last_id"], projects["data"][0]["id"]);
}

/// Replaces ids by their format and times by their unit. Constants stay.
fn shape(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect(),
        Value::String(text) => match text.split_once('_') {
            Some((prefix @ ("cp" | "proj"), id)) => {
                json!(format!("{prefix}_ + {} characters", id.len()))
            }
            _ => value.clone(),
        },
        Value::Number(number) => json!(if number.is_u64() {
            "unix seconds"
        } else {
            "not an integer"
        }),
        other => other.clone(),
    }
}
