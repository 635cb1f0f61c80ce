//! Who has access to what.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use permissions_ext::{AuditProgress, Desired, DriftState};
use serde_json::json;
use tokio::sync::Barrier;

use crate::peer::{Fate, Peer};
use crate::support::{World, id, ids};

// Extra 9.
#[tokio::test]
async fn an_audit_reads_every_checkpoint_and_gives_each_its_own_result() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_2"]).await;
    world.give("ft:b", &["proj_2"]).await;
    let too_long = "x".repeat(600);

    let report = world
        .client
        .audit([
            id("ft:b"),
            id(&too_long),
            id("ft:a"),
            id("ft:b"),
            id("ft:none"),
        ])
        .send()
        .await;

    let order: Vec<&str> = report
        .results()
        .iter()
        .map(|audited| audited.checkpoint.as_str())
        .collect();
    assert_eq!(order, ["ft:b", &too_long, "ft:a", "ft:none"]);
    assert!(!report.is_complete());
    assert_eq!(
        report
            .failures()
            .map(|(checkpoint, _)| checkpoint.as_str())
            .collect::<Vec<_>>(),
        [&too_long]
    );
    assert_eq!(report.projects().len(), 2);
    assert_eq!(report.checkpoints_of(&"proj_2".parse().unwrap()).count(), 2);
    assert!(report.snapshot().is_none());
}

#[tokio::test]
async fn a_snapshot_of_an_audit_is_what_a_plan_finds_in_sync() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_2"]).await;
    let snapshot = world
        .client
        .audit([id("ft:a"), id("ft:none")])
        .send()
        .await
        .snapshot()
        .unwrap();

    let json = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(json, r#"{"ft:a":["proj_1","proj_2"],"ft:none":[]}"#);
    assert!(
        world
            .client
            .plan(serde_json::from_str(&json).unwrap())
            .send()
            .await
            .unwrap()
            .is_in_sync()
    );
}

#[tokio::test]
async fn as_many_requests_are_under_way_as_allowed_and_never_more_or_fewer() {
    let world = World::new().await;
    let checkpoints: Vec<String> = (0..8).map(|n| format!("ft:{n}")).collect();
    for checkpoint in &checkpoints {
        world
            .give(checkpoint, &["proj_1", "proj_2", "proj_3"])
            .await;
    }
    // Four requests have to be under way at a time, or none of them is ever answered.
    let barrier = Arc::new(Barrier::new(4));
    let peer = Peer::before(&world.server, move |_| Fate::Held(barrier.clone())).await;

    let audit = peer
        .client()
        .audit(checkpoints.iter().map(|checkpoint| id(checkpoint)))
        .page_size(1)
        .concurrency(4);
    let report = tokio::time::timeout(Duration::from_secs(60), audit.send());
    let report = report
        .await
        .expect("fewer than four requests were under way");

    assert_eq!(report.permissions().count(), 24);
    assert_eq!((peer.count("GET"), peer.most_under_way()), (24, 4));
}

#[tokio::test]
async fn progress_is_told_page_by_page_and_ends_with_each_result() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_2", "proj_3"]).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let note = told.clone();

    let report = world
        .client
        .audit([id("ft:a")])
        .page_size(2)
        .on_progress(move |progress| {
            note.lock().unwrap().push(match progress {
                AuditProgress::Started { checkpoint } => format!("{checkpoint} started"),
                AuditProgress::Page { permissions, .. } => format!("{permissions} so far"),
                AuditProgress::Finished { result, .. } => format!("{} in all", result.unwrap()),
                other => panic!("{other:?}"),
            });
        });

    assert!(report.send().await.is_complete());
    assert_eq!(
        *told.lock().unwrap(),
        ["ft:a started", "2 so far", "3 so far", "3 in all"]
    );
}

#[tokio::test]
async fn a_matrix_says_of_every_pair_whether_there_is_access_or_nobody_knows() {
    let world = World::new().await;
    world.give("ft:a", &["proj_2"]).await;
    world.give("ft:b", &["proj_1", "proj_2"]).await;
    let peer = Peer::before(&world.server, |line| match line.contains("ft:gone/") {
        true => Fate::Refused(404),
        false => Fate::Passed,
    })
    .await;
    let audit = peer.client().audit(["ft:b", "ft:gone", "ft:a"].map(id));

    let report = audit.send().await;

    assert_eq!(
        serde_json::to_value(report.matrix()).unwrap(),
        json!({
            "projects": ["proj_1", "proj_2"],
            "rows": [
                {"checkpoint": "ft:b", "access": ["granted", "granted"]},
                {"checkpoint": "ft:gone", "access": ["unknown", "unknown"]},
                {"checkpoint": "ft:a", "access": ["missing", "granted"]},
            ]
        })
    );
    let rows: Vec<_> = report
        .rows()
        .map(|row| (row.checkpoint.as_str(), row.project_id.as_str()))
        .collect();
    assert_eq!(
        rows,
        [("ft:b", "proj_2"), ("ft:b", "proj_1"), ("ft:a", "proj_2")]
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["complete"], json!(false));
    assert_eq!(json["checkpoints"][1]["error"]["status"], json!(404));
}

// Extra 2.
#[tokio::test]
async fn drift_tells_what_is_managed_extra_missing_unknown_and_unmanaged() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_2"]).await;
    world.give("ft:other", &["proj_1"]).await;
    let desired = Desired::new()
        .checkpoint(id("ft:a"), ids(&["proj_2", "proj_3"]))
        .checkpoint(id("ft:unread"), ids(&["proj_1"]));

    let audit = world.client.audit(["ft:a", "ft:other"].map(id));
    let drift = audit.send().await.drift(&desired);

    let rows: Vec<_> = drift
        .rows()
        .map(|row| (row.project_id.as_str(), row.state))
        .collect();
    assert_eq!(
        rows,
        [
            ("proj_2", DriftState::Managed),
            ("proj_1", DriftState::Extra),
            ("proj_3", DriftState::Missing),
        ]
    );
    assert_eq!(drift.unknown, [id("ft:unread")]);
    assert_eq!(drift.unmanaged, [id("ft:other")]);
    assert!(!drift.is_in_sync());
}

#[tokio::test]
async fn a_checkpoint_that_could_not_be_read_is_never_in_sync() {
    let world = World::new().await;
    let peer = Peer::before(&world.server, |_| Fate::Refused(500)).await;
    let desired = Desired::new().checkpoint(id("ft:a"), []);

    let drift = peer
        .client()
        .audit([id("ft:a")])
        .send()
        .await
        .drift(&desired);

    assert_eq!(drift.unknown, [id("ft:a")]);
    assert!(!drift.is_in_sync());
}
