//! Access that changes over from one checkpoint to another, and projects that leave.

use crate::support::{World, id, ids};

// Extra 10.
#[tokio::test]
async fn access_is_copied_to_a_model_that_takes_over() {
    let world = World::new().await;
    world.give("ft:old", &["proj_1", "proj_2"]).await;
    world.give("ft:new", &["proj_2", "proj_3"]).await;

    let plan = world.client.plan_copy(&id("ft:old"), &id("ft:new"));
    let plan = plan.send().await.unwrap();
    assert_eq!((plan.creations(), plan.deletions()), (1, 0));
    let applied = world.client.apply(plan).send().await.unwrap();

    assert!(applied.is_complete());
    assert_eq!(world.live("ft:new").await, ["proj_1", "proj_2", "proj_3"]);
    assert_eq!(world.live("ft:old").await, ["proj_1", "proj_2"]);
}

#[tokio::test]
async fn a_copy_is_refused_once_its_source_has_moved() {
    let world = World::new().await;
    world.give("ft:old", &["proj_1"]).await;
    let plan = world.client.plan_copy(&id("ft:old"), &id("ft:new"));
    let plan = plan.send().await.unwrap();

    world.give("ft:old", &["proj_late"]).await;
    let stale = world.client.apply(plan).send().await.unwrap_err();

    assert!(stale.is_stale_plan(), "{stale}");
    assert_eq!(stale.checkpoint(), Some(&id("ft:old")));
    assert!(world.live("ft:new").await.is_empty());
}

// Extra 10.
#[tokio::test]
async fn a_move_empties_the_one_checkpoint_for_the_other() {
    let world = World::new().await;
    world.give("ft:old", &["proj_1", "proj_2"]).await;
    world.give("ft:new", &["proj_2"]).await;

    let plan = world.client.plan_move(&id("ft:old"), &id("ft:new"));
    let plan = plan.send().await.unwrap();
    let hesitant = world.client.apply(plan.clone()).allow_delete(true);
    assert!(hesitant.send().await.unwrap_err().is_not_allowed());
    let apply = world.client.apply(plan).allow_delete(true);
    let applied = apply.allow_empty(true).send().await.unwrap();

    assert!(applied.is_complete(), "{applied}");
    assert!(world.live("ft:old").await.is_empty());
    assert_eq!(world.live("ft:new").await, ["proj_1", "proj_2"]);
}

#[tokio::test]
async fn a_move_to_itself_takes_nothing_away() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1"]).await;

    let plan = world.client.plan_move(&id("ft:a"), &id("ft:a"));

    assert!(plan.send().await.unwrap().is_in_sync());
}

// Extra 10.
#[tokio::test]
async fn a_project_that_leaves_loses_every_checkpoint_and_no_other_project_is_looked_at() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_gone"]).await;
    world.give("ft:b", &["proj_gone"]).await;
    world.give("ft:c", &["proj_2"]).await;

    let gone = "proj_gone".parse().unwrap();
    let all = ["ft:a", "ft:b", "ft:c"].map(id);
    let plan = world.client.plan_delete_project(&gone, all);
    let plan = plan.send().await.unwrap();
    assert_eq!((plan.deletions(), plan.unchanged()), (2, 0));
    // What others do meanwhile is none of this plan's business.
    world.give("ft:a", &["proj_3"]).await;
    let applied = world.client.apply(plan).allow_delete(true);
    let applied = applied.send().await.unwrap();

    assert!(applied.is_complete(), "{applied}");
    assert_eq!(world.live("ft:a").await, ["proj_1", "proj_3"]);
    assert!(world.live("ft:b").await.is_empty());
    assert_eq!(world.live("ft:c").await, ["proj_2"]);
}

// Extra 3.
#[tokio::test]
async fn a_create_can_be_read_before_it_is_done() {
    let world = World::new().await;
    world.give("ft:a", &["proj_1", "proj_other"]).await;

    let plan = world
        .client
        .plan_create(&id("ft:a"), ids(&["proj_2", "proj_1"]));
    let plan = plan.send().await.unwrap();
    let changes: Vec<String> = plan
        .changes()
        .map(|(checkpoint, change)| format!("{checkpoint} {}", change.project_id()))
        .collect();
    assert_eq!(changes, ["ft:a proj_2"]);
    assert_eq!(world.live("ft:a").await, ["proj_1", "proj_other"]);

    let applied = world.client.apply(plan).send().await.unwrap();
    assert!(applied.is_complete(), "{applied}");
    assert_eq!(world.live("ft:a").await, ["proj_1", "proj_2", "proj_other"]);
}
