//! Sync, audit and copies against the real server.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, Client, Desired, Outcome, Permission, Plan, ProjectId};
use permissions_server::Server;

struct World {
    server: Server,
    client: Client,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await.unwrap();
        let client = Client::builder()
            .admin_key(server.admin_key())
            .base_url(server.base_url());
        Self {
            client: client.build().unwrap(),
            server,
        }
    }

    async fn give(&self, checkpoint: &str, projects: &[&str]) {
        self.client
            .permissions(&id(checkpoint))
            .create(ids(projects))
            .send()
            .await
            .unwrap();
    }

    async fn live(&self, checkpoint: &str) -> Vec<String> {
        let list = self.client.permissions(&id(checkpoint)).list();
        let all: Vec<Permission> = list.stream().try_collect().await.unwrap();
        let mut projects: Vec<String> = all
            .into_iter()
            .map(|one| one.project_id.to_string())
            .collect();
        projects.sort();
        projects
    }

    async fn plan(&self, desired: &[(&str, &[&str])]) -> Plan {
        let desired: Desired = desired
            .iter()
            .map(|(checkpoint, projects)| (id(checkpoint), ids(projects)))
            .collect();
        self.client.plan(desired).send().await.unwrap()
    }
}

fn id(checkpoint: &str) -> CheckpointId {
    checkpoint.parse().unwrap()
}

fn ids(projects: &[&str]) -> Vec<ProjectId> {
    projects
        .iter()
        .map(|project| project.parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_plan_creates_what_is_missing_and_deletes_what_is_too_much() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_2"]).await;

    let plan = world
        .plan(&[("ft:a", &["proj_2", "proj_3"]), ("ft:b", &["proj_9"])])
        .await;
    assert_eq!(
        (plan.creations(), plan.deletions(), plan.unchanged()),
        (2, 1, 1)
    );
    let steps = Arc::new(Mutex::new(0));
    let count = steps.clone();
    let applied = world
        .client
        .apply(plan)
        .allow_delete(true)
        .on_step(move |_| *count.lock().unwrap() += 1);
    let applied = applied.send().await.unwrap();

    assert!(applied.is_complete());
    assert_eq!(*steps.lock().unwrap(), 3);
    assert_eq!(world.live("ft:a").await, ["proj_2", "proj_3"]);
    assert_eq!(world.live("ft:b").await, ["proj_9"]);
    assert!(
        world
            .plan(&[("ft:a", &["proj_3", "proj_2"]), ("ft:b", &["proj_9"])])
            .await
            .is_in_sync()
    );
}

#[tokio::test]
async fn deletions_and_emptying_need_a_word_each() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1"]).await;
    let plan = world.plan(&[("ft:a", &[])]).await;
    assert_eq!(plan.emptied().collect::<Vec<_>>(), [&id("ft:a")]);

    let silent = world.client.apply(plan.clone()).send().await.unwrap_err();
    assert!(silent.is_not_allowed(), "{silent}");
    let half = world
        .client
        .apply(plan.clone())
        .allow_delete(true)
        .send()
        .await
        .unwrap_err();
    assert!(half.is_not_allowed(), "{half}");
    assert_eq!(world.live("ft:a").await, ["proj_1"]);

    let both = world
        .client
        .apply(plan)
        .allow_delete(true)
        .allow_empty(true)
        .send()
        .await
        .unwrap();
    assert!(matches!(both.steps()[0].outcome, Outcome::Deleted));
    assert!(world.live("ft:a").await.is_empty());
}

#[tokio::test]
async fn a_plan_is_refused_once_the_live_state_has_moved() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1"]).await;
    let plan = world.plan(&[("ft:a", &["proj_1", "proj_2"])]).await;

    world.give("ft:a", &["proj_of_someone_else"]).await;
    let stale = world.client.apply(plan.clone()).send().await.unwrap_err();
    assert!(stale.is_stale_plan(), "{stale}");
    assert!(
        stale.to_string().contains("proj_of_someone_else"),
        "{stale}"
    );

    let permissions = world.client.permissions(&id("ft:a"));
    permissions
        .delete_project(&"proj_of_someone_else".parse().unwrap())
        .send()
        .await
        .unwrap();
    permissions
        .delete_project(&"proj_1".parse().unwrap())
        .send()
        .await
        .unwrap();
    let stale = world.client.apply(plan).send().await.unwrap_err();
    assert!(stale.to_string().contains("proj_1 has lost"), "{stale}");
    assert!(world.live("ft:a").await.is_empty());
}

#[tokio::test]
async fn a_plan_that_was_saved_and_half_carried_out_can_be_finished() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1"]).await;
    let saved =
        serde_json::to_string(&world.plan(&[("ft:a", &["proj_2", "proj_3"])]).await).unwrap();

    world.give("ft:a", &["proj_2"]).await;
    let plan: Plan = serde_json::from_str(&saved).unwrap();
    let applied = world
        .client
        .apply(plan)
        .allow_delete(true)
        .send()
        .await
        .unwrap();

    assert!(applied.is_complete());
    assert!(
        matches!(applied.steps()[0].outcome, Outcome::Existing(_)),
        "{applied:?}"
    );
    assert!(
        matches!(applied.steps()[1].outcome, Outcome::Created(_)),
        "{applied:?}"
    );
    assert_eq!(world.live("ft:a").await, ["proj_2", "proj_3"]);
}

#[test]
fn a_plan_of_another_format_is_refused_by_name() {
    let error = serde_json::from_str::<Plan>(r#"{"version":7,"checkpoints":[]}"#).unwrap_err();
    assert!(error.to_string().contains("format 7"), "{error}");
}

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
async fn access_is_copied_to_a_model_that_takes_over() {
    let world = World::new().await;
    world.give("ft:old", &["proj_1", "proj_2"]).await;
    world.give("ft:new", &["proj_2", "proj_3"]).await;

    let copied = world
        .client
        .permissions(&id("ft:old"))
        .copy_to(&id("ft:new"))
        .send()
        .await
        .unwrap();

    assert_eq!(
        (copied.created().count(), copied.existing().count()),
        (1, 1)
    );
    assert_eq!(world.live("ft:new").await, ["proj_1", "proj_2", "proj_3"]);
    assert_eq!(world.live("ft:old").await, ["proj_1", "proj_2"]);
    world.server.shutdown().await;
}
