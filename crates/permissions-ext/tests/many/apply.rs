//! What becomes of a plan when not everything goes well.

use std::sync::Mutex;

use permissions_ext::{Applied, Client, Desired, NotStarted, Outcome, Plan};
use serde_json::json;
use tokio::sync::oneshot;

use crate::peer::{Fate, Peer};
use crate::support::{World, id, ids};

async fn plan(client: &Client, desired: &[(&str, &[&str])]) -> Plan {
    let desired: Desired = desired
        .iter()
        .map(|(checkpoint, projects)| (id(checkpoint), ids(projects)))
        .collect();
    client.plan(desired).send().await.unwrap()
}

fn outcomes(applied: &Applied) -> Vec<(&str, &str)> {
    applied
        .steps()
        .iter()
        .map(|step| (step.checkpoint.as_str(), step.outcome.name()))
        .collect()
}

#[tokio::test]
async fn a_checkpoint_that_fails_does_not_sink_the_others_and_the_plan_can_be_applied_again() {
    let world = World::new().await;
    world.give("ft:b", &["proj_old"]).await;
    let peer = Peer::before(&world.server, |line| {
        match line.contains("ft:b/") && line.starts_with("POST") {
            true => Fate::Refused(400),
            false => Fate::Passed,
        }
    })
    .await;
    let plan = plan(
        &world.client,
        &[
            ("ft:a", &["proj_1"]),
            ("ft:b", &["proj_1", "proj_2"]),
            ("ft:c", &["proj_3"]),
        ],
    )
    .await;

    let apply = peer.client().apply(plan.clone()).allow_delete(true);
    let applied = apply.send().await.unwrap();

    assert_eq!(
        outcomes(&applied),
        [
            ("ft:a", "created"),
            ("ft:b", "failed"),
            ("ft:b", "failed"),
            ("ft:b", "not_started"),
            ("ft:c", "created"),
        ]
    );
    assert_eq!(
        applied.to_string(),
        "2 of 5 changes done, 2 failed, 1 not started; apply the same plan again to go on"
    );
    assert_eq!(applied.unfinished().count(), 3);
    assert_eq!(
        applied.steps()[1].outcome.error().unwrap().code(),
        Some("peer")
    );
    assert_eq!(world.live("ft:b").await, ["proj_old"]);

    let again = world
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
    assert_eq!(again.to_string(), "5 of 5 changes done");
    assert_eq!(world.live("ft:b").await, ["proj_1", "proj_2"]);
}

#[tokio::test]
async fn a_plan_that_is_done_is_applied_again_without_any_write() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1"]).await;
    let plan = plan(&world.client, &[("ft:a", &["proj_2"])]).await;
    let apply = world.client.apply(plan.clone()).allow_delete(true);
    assert!(apply.send().await.unwrap().is_complete());

    let peer = Peer::before(&world.server, |_| Fate::Passed).await;
    let apply = peer.client().apply(plan).allow_delete(true);
    let again = apply.send().await.unwrap();

    assert_eq!(
        outcomes(&again),
        [("ft:a", "existing"), ("ft:a", "already_gone")]
    );
    assert_eq!((peer.count("POST"), peer.count("DELETE")), (0, 0));
}

#[tokio::test]
async fn a_project_keeps_the_old_checkpoint_while_it_cannot_have_the_new_one() {
    let world = World::new().await;
    world.give("ft:old", &["proj_1", "proj_2"]).await;
    world.give("ft:new", &["proj_2"]).await;
    let peer = Peer::before(&world.server, |line| match line.starts_with("POST") {
        true => Fate::Refused(403),
        false => Fate::Passed,
    })
    .await;
    let plan = peer.client().plan_move(&id("ft:old"), &id("ft:new"));
    let plan = plan.send().await.unwrap();

    let apply = peer
        .client()
        .apply(plan)
        .allow_delete(true)
        .allow_empty(true);
    let applied = apply.send().await.unwrap();

    assert_eq!(
        outcomes(&applied),
        [
            ("ft:new", "failed"),
            ("ft:old", "not_started"),
            ("ft:old", "deleted")
        ]
    );
    let held_back = &applied.steps()[1].outcome;
    assert!(
        matches!(held_back, Outcome::NotStarted(NotStarted::CreateFirst)),
        "{held_back:?}"
    );
    assert_eq!(world.live("ft:old").await, ["proj_1"]);
}

#[tokio::test]
async fn once_the_key_is_refused_nothing_more_is_tried() {
    let world = World::new().await;
    let peer = Peer::before(&world.server, |line| match line.starts_with("POST") {
        true => Fate::Refused(401),
        false => Fate::Passed,
    })
    .await;
    let desired: [(&str, &[&str]); 3] = [
        ("ft:a", &["proj_1"]),
        ("ft:b", &["proj_1"]),
        ("ft:c", &["proj_1"]),
    ];
    let plan = plan(&peer.client(), &desired).await;

    let applied = peer
        .client()
        .apply(plan)
        .concurrency(1)
        .send()
        .await
        .unwrap();

    assert_eq!(
        outcomes(&applied),
        [
            ("ft:a", "failed"),
            ("ft:b", "not_started"),
            ("ft:c", "not_started")
        ]
    );
    assert_eq!(peer.count("POST"), 1);
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_finishes_what_is_under_way_and_reports_the_rest() {
    let world = World::new().await;
    world
        .give("ft:a", &["proj_1", "proj_2", "proj_3", "proj_kept"])
        .await;
    let plan = plan(&world.client, &[("ft:a", &["proj_kept"])]).await;
    let (stop, stopped) = oneshot::channel();
    let stop = Mutex::new(Some(stop));

    let applied = world
        .client
        .apply(plan.clone())
        .allow_delete(true)
        .concurrency(1)
        .on_step(move |_| {
            if let Some(stop) = stop.lock().unwrap().take() {
                stop.send(()).unwrap();
            }
        })
        .stop_when(async {
            let _ = stopped.await;
        });
    let applied = applied.send().await.unwrap();

    assert_eq!(applied.done() + applied.not_started(), 3);
    assert!(applied.not_started() >= 1, "{applied}");
    let last = &applied.steps()[2].outcome;
    assert!(
        matches!(last, Outcome::NotStarted(NotStarted::Stopped)),
        "{last:?}"
    );
    assert_eq!(world.live("ft:a").await.len(), 1 + applied.not_started());

    let again = world
        .client
        .apply(plan)
        .allow_delete(true)
        .send()
        .await
        .unwrap();
    assert!(again.is_complete(), "{again}");
    assert_eq!(world.live("ft:a").await, ["proj_kept"]);
}

#[tokio::test]
async fn answers_that_are_lost_leave_no_doubt_about_what_was_done() {
    let world = World::new().await;
    let peer = Peer::before(&world.server, |line| match line.starts_with("POST") {
        true => Fate::AnswerLost,
        false => Fate::Passed,
    })
    .await;
    let plan = plan(&peer.client(), &[("ft:a", &["proj_1", "proj_2"])]).await;

    let applied = peer.client().apply(plan).send().await.unwrap();

    assert_eq!(
        outcomes(&applied),
        [("ft:a", "created"), ("ft:a", "created")]
    );
    assert_eq!(world.live("ft:a").await, ["proj_1", "proj_2"]);
}

#[tokio::test]
async fn the_report_is_told_as_json_with_the_reason_of_each_change_that_is_not_done() {
    let world = World::new().await;
    world.give("ft:b", &["proj_old"]).await;
    let peer = Peer::before(&world.server, |line| {
        match line.contains("ft:b/") && line.starts_with("POST") {
            true => Fate::Refused(400),
            false => Fate::Passed,
        }
    })
    .await;
    let plan = plan(
        &world.client,
        &[("ft:a", &["proj_1"]), ("ft:b", &["proj_2"])],
    )
    .await;
    let apply = peer.client().apply(plan).allow_delete(true);

    let report = serde_json::to_value(apply.send().await.unwrap()).unwrap();

    assert_eq!(report["complete"], json!(false));
    assert_eq!(
        (&report["done"], &report["failed"], &report["not_started"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let [created, failed, held_back] = report["steps"].as_array().unwrap().as_slice() else {
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
    assert_eq!(failed["error"]["code"], "peer");
    assert_eq!(held_back["change"], "delete");
    assert_eq!(
        held_back["reason"],
        "a creation that has to come first is not done"
    );
}
