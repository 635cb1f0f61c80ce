use std::sync::{Arc, Mutex};

use permissions_ext::sync::{DesiredState, Outcome, Plan};
use permissions_ext::{Client, ErrorKind};

use crate::proxy::{Behavior, Proxy};
use crate::support::{Fixture, desired, id};

#[tokio::test]
async fn apply_creates_missing_and_deletes_extra_permissions() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1", "proj_2"]).await;

    let plan = fixture
        .plan(&[("ft:a", &["proj_2", "proj_3"]), ("ft:b", &["proj_9"])])
        .await;
    assert_eq!(
        (plan.creations(), plan.deletions(), plan.unchanged()),
        (2, 1, 1)
    );
    let reported = Arc::new(Mutex::new(0));
    let count = reported.clone();
    let applied = fixture
        .client
        .apply(plan)
        .allow_delete(true)
        .on_change(move |_| *count.lock().unwrap() += 1);
    let applied = applied.send().await.unwrap();

    assert!(applied.is_complete());
    assert_eq!(applied.changed(), 3);
    assert_eq!(*reported.lock().unwrap(), 3);
    assert_eq!(fixture.projects("ft:a").await, ["proj_2", "proj_3"]);
    assert_eq!(fixture.projects("ft:b").await, ["proj_9"]);
    let again = fixture
        .plan(&[("ft:a", &["proj_3", "proj_2"]), ("ft:b", &["proj_9"])])
        .await;
    assert!(again.is_in_sync());
}

#[tokio::test]
async fn plan_with_deletes_fails_unless_allowed() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1"]).await;
    let plan = fixture.plan(&[("ft:a", &[])]).await;
    assert_eq!(plan.emptied().collect::<Vec<_>>(), [&id("ft:a")]);

    let apply = fixture.client.apply(plan.clone());
    let error = apply.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed, "{error}");
    let apply = fixture.client.apply(plan.clone()).allow_delete(true);
    let error = apply.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed, "{error}");
    assert_eq!(fixture.projects("ft:a").await, ["proj_1"]);

    let apply = fixture.client.apply(plan).allow_delete(true);
    let applied = apply.allow_empty(true).send().await.unwrap();
    assert!(matches!(applied.changes()[0].outcome, Outcome::Deleted));
    assert!(fixture.projects("ft:a").await.is_empty());
}

#[tokio::test]
async fn plan_is_stale_after_live_state_changes() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1"]).await;
    let plan = fixture.plan(&[("ft:a", &["proj_1", "proj_2"])]).await;

    fixture.create("ft:a", &["proj_of_someone_else"]).await;
    let stale = fixture.client.apply(plan.clone()).send().await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::StalePlan, "{stale}");
    assert_eq!(stale.checkpoint(), Some(&id("ft:a")));
    assert!(
        stale.to_string().contains("proj_of_someone_else"),
        "{stale}"
    );

    fixture.delete_project("ft:a", "proj_of_someone_else").await;
    fixture.delete_project("ft:a", "proj_1").await;
    let stale = fixture.client.apply(plan).send().await.unwrap_err();
    assert!(stale.to_string().contains("proj_1 has lost"), "{stale}");
    assert!(fixture.projects("ft:a").await.is_empty());
}

#[tokio::test]
async fn saved_plan_resumes_after_its_own_changes() {
    let fixture = Fixture::new().await;
    fixture.create("ft:a", &["proj_1"]).await;
    let saved =
        serde_json::to_string(&fixture.plan(&[("ft:a", &["proj_2", "proj_3"])]).await).unwrap();

    fixture.create("ft:a", &["proj_2"]).await;
    let plan: Plan = serde_json::from_str(&saved).unwrap();
    let apply = fixture.client.apply(plan).allow_delete(true);
    let applied = apply.send().await.unwrap();

    assert!(applied.is_complete());
    let outcomes: Vec<&str> = applied
        .changes()
        .iter()
        .map(|it| it.outcome.name())
        .collect();
    assert_eq!(outcomes, ["existing", "created", "deleted"]);
    assert_eq!(
        applied.to_string(),
        "2 of 3 changes applied, 1 already done"
    );
    assert_eq!(fixture.projects("ft:a").await, ["proj_2", "proj_3"]);
}

#[tokio::test]
async fn plan_for_another_target_is_refused_without_a_request() {
    let fixture = Fixture::new().await;
    let plan = fixture.plan(&[("ft:a", &["proj_1"])]).await;
    let proxy = Proxy::new(&fixture.server, |_| Behavior::Forward).await;
    let client = || proxy.builder();

    for other in [
        client().target_name("production"),
        client().organization("org-production"),
        client().project("proj_production"),
        client().header("OpenAI-Organization", "org-production"),
    ] {
        let other = other.build().unwrap();
        let error = other.apply(plan.clone()).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TargetMismatch, "{error}");
        assert!(error.to_string().contains("production"), "{error}");
    }
    let same = client().build().unwrap();
    let apply = same
        .apply(plan.clone())
        .header("openai-organization", "org-production");
    let error = apply.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TargetMismatch, "{error}");
    assert_eq!(proxy.count("GET") + proxy.count("POST"), 0);

    assert!(same.apply(plan).send().await.unwrap().is_complete());
}

#[tokio::test]
async fn target_contains_base_url_organization_and_project() {
    let client = Client::builder()
        .admin_key("sk-admin-1")
        .base_url("http://127.0.0.1:1/v1/")
        .organization("org-1")
        .project("proj_1")
        .build()
        .unwrap();

    let target = client.target();

    assert_eq!(
        target.to_string(),
        "http://127.0.0.1:1/v1 (organization org-1, project proj_1)"
    );
    let plan = client.plan(DesiredState::new()).send().await.unwrap();
    assert_eq!(plan.target(), &target);
}

#[tokio::test]
async fn retain_limits_a_plan_to_some_checkpoints() {
    let fixture = Fixture::new().await;
    let mut plan = fixture
        .plan(&[("ft:a", &["proj_1"]), ("ft:b", &["proj_1"])])
        .await;

    plan.retain(|checkpoint| checkpoint == "ft:b");
    let _ = fixture.client.apply(plan).send().await.unwrap();

    assert!(fixture.projects("ft:a").await.is_empty());
    assert_eq!(fixture.projects("ft:b").await, ["proj_1"]);
}

#[tokio::test]
async fn plan_reports_progress_for_each_checkpoint() {
    let fixture = Fixture::new().await;
    let reported = Arc::new(Mutex::new(Vec::new()));
    let sink = reported.clone();

    let plan = fixture
        .client
        .plan(desired(&[("ft:a", &["proj_1"]), ("ft:b", &[])]))
        .on_progress(move |it| sink.lock().unwrap().push((it.done, it.total, it.waiting)));
    let _ = plan.send().await.unwrap();

    assert_eq!(*reported.lock().unwrap(), [(1, 2, None), (2, 2, None)]);
}

#[test]
fn plan_with_unknown_version_is_refused() {
    for version in [1, 7] {
        let json = format!(r#"{{"version":{version},"checkpoints":[]}}"#);
        let error = serde_json::from_str::<Plan>(&json).unwrap_err().to_string();
        assert!(error.contains(&format!("version {version}")), "{error}");
    }
    let without_target = r#"{"version":2,"checkpoints":[]}"#;
    let error = serde_json::from_str::<Plan>(without_target).unwrap_err();
    assert!(error.to_string().contains("no target"), "{error}");
}

#[test]
fn plan_with_contradictions_is_refused() {
    let keep = r#"{"project_id":"proj_1","permission_id":"cp_1"}"#;
    for (create, delete, unchanged, reason) in [
        (r#""proj_1","proj_1""#, "", "", "twice"),
        (r#""proj_1""#, keep, "", "creates and deletes"),
        ("", keep, keep, "keeps and deletes permission cp_1"),
    ] {
        let part = format!(
            r#"{{"checkpoint":"ft:a","create":[{create}],"delete":[{delete}],"unchanged":[{unchanged}]}}"#
        );
        let json = format!(
            r#"{{"version":2,"target":{{"base_url":"https://a/v1"}},"checkpoints":[{part}]}}"#
        );
        let error = serde_json::from_str::<Plan>(&json).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        let twice = json.replace(&part, &format!("{part},{part}"));
        assert!(serde_json::from_str::<Plan>(&twice).is_err());
    }
}
