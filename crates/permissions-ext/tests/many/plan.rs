//! From who should have access to who has.

use std::sync::{Arc, Mutex};

use permissions_ext::{Outcome, Plan};

use crate::support::{World, id};

// Extra 1.
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
