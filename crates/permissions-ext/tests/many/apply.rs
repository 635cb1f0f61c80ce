use std::sync::Mutex;

use permissions_ext::Client;
use permissions_ext::sync::{Applied, Outcome, Plan, SkipReason};
use serde_json::json;
use tokio::sync::oneshot;

use crate::proxy::{Behavior, Proxy};
use crate::support::{Fixture, desired};

async fn plan(client: &Client, state: &[(&str, &[&str])]) -> Plan {
    client.plan(desired(state)).send().await.unwrap()
}

fn outcomes(applied: &Applied) -> Vec<(&str, &str)> {
    applied
        .changes()
        .iter()
        .map(|it| (it.checkpoint.as_str(), it.outcome.name()))
        .collect()
}

#[tokio::test]
async fn failed_checkpoint_does_not_stop_others_and_plan_resumes() {
    let fixture = Fixture::new().await;
    fixture.create("ft:b", &["proj_old"]).await;
    let proxy = Proxy::new(&fixture.server, |line| {
        match line.contains("ft:b/") && line.starts_with("POST") {
            true => Behavior::Refuse(400),
            false => Behavior::Forward,
        }
    })
    .await;
    let plan = plan(
        &fixture.client,
        &[
            ("ft:a", &["proj_1"]),
            ("ft:b", &["proj_1", "proj_2"]),
            ("ft:c", &["proj_3"]),
        ],
    )
    .await;

    let apply = proxy.client().apply(plan.clone()).allow_delete(true);
    let applied = apply.send().await.unwrap();

    assert_eq!(
        outcomes(&applied),
        [
            ("ft:a", "created"),
            ("ft:b", "failed"),
            ("ft:b", "failed"),
            ("ft:b", "skipped"),
            ("ft:c", "created"),
        ]
    );
    assert_eq!(
        applied.to_string(),
        "2 of 5 changes applied, 2 failed, 1 skipped"
    );
    assert_eq!(applied.unfinished().count(), 3);
    assert_eq!(
        applied.changes()[1].outcome.error().unwrap().code(),
        Some("proxy")
    );
    assert_eq!(fixture.projects("ft:b").await, ["proj_old"]);

    let again = fixture
        .client
        .apply(plan)
        .allow_delete(true)
        .send()
        .await
        .unwrap();
    assert_eq!(
        outcomes(&again),
        [
            ("ft:a", "existing"),
            ("ft:b", "created"),
            ("ft:b", "created"),
            ("ft:b", "deleted"),
            ("ft:c", "existing"),
        ]
    );
    assert_eq!(again.to_string(), "3 of 5 changes applied, 2 already done");
    assert_eq!(fixture.projects("ft:b").await, ["proj_1", "proj_2"]);
}

#[tokio::test]
async fn finished_plan_is_applied_again_without_writes() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1"]).await;
    let plan = plan(&fixture.client, &[("ft:a", &["proj_2"])]).await;
    let apply = fixture.client.apply(plan.clone()).allow_delete(true);
    assert!(apply.send().await.unwrap().is_complete());

    let proxy = Proxy::new(&fixture.server, |_| Behavior::Forward).await;
    let apply = proxy.client().apply(plan).allow_delete(true);
    let again = apply.send().await.unwrap();

    assert_eq!(
        outcomes(&again),
        [("ft:a", "existing"), ("ft:a", "already_gone")]
    );
    assert_eq!((proxy.count("POST"), proxy.count("DELETE")), (0, 0));
    assert_eq!(
        (again.changed(), again.to_string().as_str()),
        (0, "nothing to do")
    );
}

#[tokio::test]
async fn project_keeps_old_checkpoint_if_create_fails() {
    let fixture = Fixture::new().await;
    fixture.create("ft:old", &["proj_1", "proj_2"]).await;
    fixture.create("ft:new", &["proj_2"]).await;
    let proxy = Proxy::new(&fixture.server, |line| match line.starts_with("POST") {
        true => Behavior::Refuse(403),
        false => Behavior::Forward,
    })
    .await;
    let state: [(&str, &[&str]); 2] = [("ft:old", &[]), ("ft:new", &["proj_1", "proj_2"])];
    let plan = plan(&proxy.client(), &state).await;

    let apply = proxy
        .client()
        .apply(plan)
        .allow_delete(true)
        .allow_empty(true);
    let applied = apply.send().await.unwrap();

    assert_eq!(
        outcomes(&applied),
        [
            ("ft:new", "failed"),
            ("ft:old", "skipped"),
            ("ft:old", "deleted")
        ]
    );
    let held_back = &applied.changes()[1].outcome;
    assert!(
        matches!(held_back, Outcome::Skipped(SkipReason::CreateFailed)),
        "{held_back:?}"
    );
    assert_eq!(fixture.projects("ft:old").await, ["proj_1"]);
}

#[tokio::test]
async fn apply_with_rejected_key_skips_all_other_changes() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::new(&fixture.server, |line| match line.starts_with("POST") {
        true => Behavior::Refuse(401),
        false => Behavior::Forward,
    })
    .await;
    let desired: [(&str, &[&str]); 3] = [
        ("ft:a", &["proj_1"]),
        ("ft:b", &["proj_1"]),
        ("ft:c", &["proj_1"]),
    ];
    let plan = plan(&proxy.client(), &desired).await;

    let applied = proxy
        .client()
        .apply(plan)
        .concurrency(1)
        .send()
        .await
        .unwrap();

    assert_eq!(
        outcomes(&applied),
        [("ft:a", "failed"), ("ft:b", "skipped"), ("ft:c", "skipped")]
    );
    assert_eq!(proxy.count("POST"), 1);
}

#[tokio::test]
async fn stopped_apply_reports_finished_and_skipped_changes() {
    let fixture = Fixture::new().await;
    fixture
        .create("ft:a", &["proj_1", "proj_2", "proj_3", "proj_kept"])
        .await;
    let plan = plan(&fixture.client, &[("ft:a", &["proj_kept"])]).await;
    let (stop, stopped) = oneshot::channel();
    let stop = Mutex::new(Some(stop));

    let applied = fixture
        .client
        .apply(plan.clone())
        .allow_delete(true)
        .concurrency(1)
        .on_change(move |_| {
            if let Some(stop) = stop.lock().unwrap().take() {
                stop.send(()).unwrap();
            }
        })
        .stop_when(async {
            let _ = stopped.await;
        });
    let applied = applied.send().await.unwrap();

    assert_eq!(applied.done() + applied.skipped(), 3);
    assert!(applied.skipped() >= 1, "{applied}");
    let last = &applied.changes()[2].outcome;
    assert!(
        matches!(last, Outcome::Skipped(SkipReason::Stopped)),
        "{last:?}"
    );
    assert_eq!(fixture.projects("ft:a").await.len(), 1 + applied.skipped());

    let again = fixture
        .client
        .apply(plan)
        .allow_delete(true)
        .send()
        .await
        .unwrap();
    assert!(again.is_complete(), "{again}");
    assert_eq!(fixture.projects("ft:a").await, ["proj_kept"]);
}

#[tokio::test]
async fn lost_response_of_create_is_reconciled() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::new(&fixture.server, |line| match line.starts_with("POST") {
        true => Behavior::LoseResponse,
        false => Behavior::Forward,
    })
    .await;
    let plan = plan(&proxy.client(), &[("ft:a", &["proj_1", "proj_2"])]).await;

    let applied = proxy.client().apply(plan).send().await.unwrap();

    assert_eq!(
        outcomes(&applied),
        [("ft:a", "created"), ("ft:a", "created")]
    );
    assert_eq!(fixture.projects("ft:a").await, ["proj_1", "proj_2"]);
}

#[tokio::test]
async fn applied_serializes_the_reason_of_unfinished_changes() {
    let fixture = Fixture::new().await;
    fixture.create("ft:b", &["proj_old"]).await;
    let proxy = Proxy::new(&fixture.server, |line| {
        match line.contains("ft:b/") && line.starts_with("POST") {
            true => Behavior::Refuse(400),
            false => Behavior::Forward,
        }
    })
    .await;
    let plan = plan(
        &fixture.client,
        &[("ft:a", &["proj_1"]), ("ft:b", &["proj_2"])],
    )
    .await;
    let apply = proxy.client().apply(plan).allow_delete(true);

    let report = serde_json::to_value(apply.send().await.unwrap()).unwrap();

    assert_eq!(report["complete"], json!(false));
    assert_eq!(
        (&report["done"], &report["failed"], &report["skipped"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let [created, failed, held_back] = report["changes"].as_array().unwrap().as_slice() else {
        panic!("{report}");
    };
    assert_eq!(created["outcome"], "created");
    assert!(
        created["permission_id"]
            .as_str()
            .unwrap()
            .starts_with("cp_")
    );
    assert_eq!(created.get("error"), None);
    assert_eq!(failed["change"], "create");
    assert_eq!(failed["project_id"], "proj_2");
    assert_eq!(failed["error"]["status"], 400);
    assert_eq!(failed["error"]["code"], "proxy");
    assert_eq!(held_back["change"], "delete");
    assert_eq!(held_back["reason"], "create_failed");
}

#[tokio::test]
async fn apply_stopped_at_the_start_changes_nothing() {
    let fixture = Fixture::new().await;
    fixture.create("ft:b", &["proj_old"]).await;
    let state: [(&str, &[&str]); 2] = [("ft:a", &["proj_1"]), ("ft:b", &["proj_1"])];
    let plan = plan(&fixture.client, &state).await;

    let apply = fixture.client.apply(plan).allow_delete(true);
    let applied = apply
        .stop_when(std::future::ready(()))
        .send()
        .await
        .unwrap();

    assert_eq!((applied.changed(), applied.skipped()), (0, 3));
    assert_eq!(applied.to_string(), "0 of 3 changes applied, 3 skipped");
    assert_eq!(fixture.projects("ft:b").await, ["proj_old"]);
}

#[tokio::test]
async fn futures_of_calls_can_be_spawned() {
    let fixture = Fixture::new().await;
    let client = fixture.client.clone();
    let call = tokio::spawn(async move {
        let plan = client
            .plan(desired(&[("ft:a", &["proj_1"])]))
            .send()
            .await?;
        let applied = client.apply(plan).allow_delete(true).send().await?;
        let report = client.audit(["ft:a"]).send().await?;
        Ok::<_, permissions_ext::Error>((applied.changed(), report.permissions().count()))
    });
    assert_eq!(call.await.unwrap().unwrap(), (1, 1));
}
