use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::ErrorKind;
use permissions_ext::audit::DriftState;
use serde_json::json;
use tokio::sync::Barrier;

use crate::proxy::{Behavior, Proxy};
use crate::support::{Fixture, desired, id};

#[tokio::test]
async fn audit_returns_a_result_for_each_checkpoint() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1", "proj_2"]).await;
    fixture.create("ft:b", &["proj_2"]).await;
    let too_long = "x".repeat(600);

    let report = fixture
        .client
        .audit(["ft:b", &too_long, "ft:a", "ft:b", "ft:none"])
        .send()
        .await
        .unwrap();

    let order: Vec<&str> = report
        .results()
        .iter()
        .map(|result| result.checkpoint.as_str())
        .collect();
    assert_eq!(order, ["ft:b", &too_long, "ft:a", "ft:none"]);
    assert!(!report.is_complete());
    let failed: Vec<&str> = report.failures().map(|(it, _)| it.as_str()).collect();
    assert_eq!(failed, [&too_long]);
    assert_eq!(report.projects().len(), 2);
    let checkpoints = report
        .permissions()
        .filter(|(_, it)| it.project_id == "proj_2");
    assert_eq!(checkpoints.count(), 2);
    assert!(report.snapshot().is_none());
}

#[tokio::test]
async fn desired_state_from_audit_is_in_sync() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1", "proj_2"]).await;
    let report = fixture
        .client
        .audit(["ft:a", "ft:none"])
        .send()
        .await
        .unwrap();

    let json = serde_json::to_string(&report.snapshot().unwrap()).unwrap();

    assert_eq!(json, r#"{"ft:a":["proj_1","proj_2"],"ft:none":[]}"#);
    let plan = fixture.client.plan(serde_json::from_str(&json).unwrap());
    assert!(plan.send().await.unwrap().is_in_sync());
}

#[tokio::test]
async fn concurrent_requests_of_audit_reach_but_never_exceed_limit() {
    let fixture = Fixture::new().await;
    let checkpoints: Vec<String> = (0..8).map(|n| format!("ft:{n}")).collect();
    for checkpoint in &checkpoints {
        fixture
            .create(checkpoint, &["proj_1", "proj_2", "proj_3"])
            .await;
    }
    // No request is answered until four are in flight.
    let barrier = Arc::new(Barrier::new(4));
    let proxy = Proxy::new(&fixture.server, move |_| Behavior::Hold(barrier.clone())).await;

    let client = proxy.client();
    let audit = client.audit(&checkpoints).page_size(1).concurrency(4);
    let report = tokio::time::timeout(Duration::from_secs(60), audit.send()).await;
    let report = report
        .expect("fewer than four requests were in flight")
        .unwrap();

    assert_eq!(report.permissions().count(), 24);
    assert_eq!((proxy.count("GET"), proxy.max_in_flight()), (24, 4));
}

#[tokio::test]
async fn audit_reports_progress_for_each_checkpoint() {
    let fixture = Fixture::new().await;
    fixture
        .create("ft:a", &["proj_1", "proj_2", "proj_3"])
        .await;
    let reported = Arc::new(Mutex::new(Vec::new()));
    let sink = reported.clone();

    let audit = fixture
        .client
        .audit(["ft:a", "ft:b"])
        .page_size(2)
        .on_progress(move |it| sink.lock().unwrap().push((it.done, it.total, it.waiting)));

    assert!(audit.send().await.unwrap().is_complete());
    assert_eq!(*reported.lock().unwrap(), [(1, 2, None), (2, 2, None)]);
}

#[tokio::test]
async fn report_serializes_permissions_and_errors() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_2"]).await;
    fixture.create("ft:b", &["proj_1", "proj_2"]).await;
    let proxy = Proxy::new(&fixture.server, |line| match line.contains("ft:gone/") {
        true => Behavior::Refuse(404),
        false => Behavior::Forward,
    })
    .await;

    let audit = proxy.client().audit(["ft:b", "ft:gone", "ft:a"]);
    let report = audit.send().await.unwrap();

    let pairs: Vec<_> = report
        .permissions()
        .map(|(checkpoint, it)| (checkpoint.as_str(), it.project_id.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [("ft:b", "proj_2"), ("ft:b", "proj_1"), ("ft:a", "proj_2")]
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["complete"], json!(false));
    assert_eq!(
        json["checkpoints"][0]["permissions"][0]["project_id"],
        "proj_2"
    );
    assert_eq!(json["checkpoints"][1]["error"]["status"], json!(404));
}

#[tokio::test]
async fn drift_contains_checkpoints_in_every_state() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1", "proj_2"]).await;
    fixture.create("ft:other", &["proj_1"]).await;
    let desired = desired(&[("ft:a", &["proj_2", "proj_3"]), ("ft:unread", &["proj_1"])]);

    let report = fixture
        .client
        .audit(["ft:a", "ft:other"])
        .send()
        .await
        .unwrap();
    let drift = report.drift(&desired);

    let cells: Vec<_> = drift
        .cells()
        .map(|(_, project, state, permission)| (project.as_str(), state, permission.is_some()))
        .collect();
    assert_eq!(
        cells,
        [
            ("proj_2", DriftState::Unchanged, true),
            ("proj_1", DriftState::Extra, true),
            ("proj_3", DriftState::Missing, false),
        ]
    );
    assert_eq!(drift.unread, [id("ft:unread")]);
    assert_eq!(drift.unmanaged, [id("ft:other")]);
    assert!(!drift.is_in_sync());
}

#[tokio::test]
async fn unread_checkpoint_is_never_in_sync() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::new(&fixture.server, |_| Behavior::Refuse(500)).await;

    let report = proxy.client().audit(["ft:a"]).send().await.unwrap();
    let drift = report.drift(&desired(&[("ft:a", &[])]));

    assert_eq!(drift.unread, [id("ft:a")]);
    assert!(!drift.is_in_sync());
}

#[tokio::test]
async fn audit_with_invalid_argument_fails_without_a_request() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::new(&fixture.server, |_| Behavior::Forward).await;
    let client = proxy.client();

    let error = client.audit(["ft:a", ".."]).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidId, "{error}");
    let mut stream = client.audit(["ft:a"]).header("bad name", "x").stream();
    assert!(stream.next().await.unwrap().is_err());
    assert!(stream.next().await.is_none());
    assert_eq!(proxy.count("GET"), 0);
}
