//! The steps of the example workflow, against `permissions serve`.

use std::fs;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::{Value, json};

use crate::service::{CHECKPOINT, Service, WORKFLOW};
use crate::support::{text, yaml};

#[test]
fn merged_plan_is_posted_stored_and_applied() {
    let service = Service::new();

    let (log, checked) = service.run_job("check");
    assert!(checked, "{log}");
    let (log, planned) = service.run_job("plan");
    assert!(planned, "{log}");
    let comment = fs::read_to_string(service.at("comment.md")).unwrap();
    assert!(
        comment.contains("proj_radar") && comment.contains("proj_evals"),
        "{comment}"
    );
    assert_eq!(service.live(), ["proj_evals", "proj_forecast"]);

    let (log, applied) = service.run_job("apply");
    assert!(applied, "{log}");
    assert_eq!(service.live(), ["proj_forecast", "proj_radar"]);
    let (log, in_sync) = service.run_job("drift");
    assert!(in_sync, "{log}");

    // A second run of the job finds nothing left to do.
    let (log, again) = service.run_job("apply");
    assert!(again, "{log}");
    assert_eq!(service.live(), ["proj_forecast", "proj_radar"]);
}

#[test]
fn manifest_changed_after_plan_is_not_applied() {
    let service = Service::new();
    assert!(service.run_job("plan").1);
    service.write(
        "permissions.toml",
        &format!("[checkpoints]\n\"{CHECKPOINT}\" = [\"proj_forecast\"]\n"),
    );

    let (log, applied) = service.run_job("apply");

    assert!(!applied);
    assert!(log.contains("digest"), "{log}");
    assert_eq!(service.live(), ["proj_evals", "proj_forecast"]);
}

#[test]
fn forged_plan_with_correct_digest_is_not_applied() {
    let service = Service::new();
    assert!(service.run_job("plan").1);
    let path = service.at("artifacts/permissions-plan-head1/plan.json");
    let plan = fs::read_to_string(&path).unwrap();
    assert!(plan.contains("proj_radar"));
    fs::write(&path, plan.replace("proj_radar", "proj_intruder")).unwrap();

    let (log, applied) = service.run_job("apply");

    assert!(!applied, "{log}");
    assert_eq!(service.live(), ["proj_evals", "proj_forecast"]);
}

#[test]
fn commit_without_reviewed_plan_is_not_applied() {
    let service = Service::new();
    assert!(service.run_job("plan").1);

    service.write("head", "");
    let (log, applied) = service.run_job("apply");
    assert!(
        !applied && log.contains("is not the merge of a pull request"),
        "{log}"
    );
    service.write("head", "head2");
    let (log, applied) = service.run_job("apply");
    assert!(
        !applied && log.contains("no successful run of this workflow planned the commit head2"),
        "{log}"
    );
    assert_eq!(service.live(), ["proj_evals", "proj_forecast"]);
}

#[test]
fn drift_job_fails_on_a_difference() {
    let service = Service::new();

    let (log, in_sync) = service.run_job("drift");

    assert!(!in_sync, "{log}");
}

/// Runs a filter of the workflow with `env.NAME` replaced.
fn filter(number: usize, input: &Value) -> Vec<String> {
    let document = yaml(WORKFLOW);
    let steps = document["jobs"]["apply"]["steps"].as_array().unwrap();
    let script = text(&steps[1], "run");
    let code = script
        .split("--jq '")
        .nth(number)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    let code = code
        .replace("env.GITHUB_SHA", "\"merge1\"")
        .replace("env.GITHUB_REPOSITORY", "\"acme/access\"");
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let Ok(modules) = Loader::new(definitions).load(
        &arena,
        File {
            path: (),
            code: &code,
        },
    ) else {
        panic!("the filter {code} cannot be parsed");
    };
    let Ok(filter) = jaq_core::Compiler::default()
        .with_funs(functions)
        .compile(modules)
    else {
        panic!("the filter {code} cannot be compiled");
    };
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let input = read::parse_single(input.to_string().as_bytes()).unwrap();
    let values = filter.id.run((context, input)).map(unwrap_valr);
    values
        .map(|value| value.unwrap_or_else(|error| panic!("{error}")).to_string())
        .collect()
}

#[test]
fn filters_select_merged_pull_request_and_its_run() {
    let pull = |merge: &str, head: &str| json!({"merge_commit_sha": merge, "head": {"sha": head}});
    assert_eq!(
        filter(1, &json!([pull("other", "head0"), pull("merge1", "head1")])),
        ["\"head1\""]
    );
    assert_eq!(filter(1, &json!([pull("other", "head0")])), [""; 0]);

    let run =
        |id: u64, repository: &str| json!({"id": id, "head_repository": {"full_name": repository}});
    let fork_first = json!({"workflow_runs": [run(1, "fork/access"), run(77, "acme/access")]});
    assert_eq!(filter(2, &fork_first), ["77"]);
    assert_eq!(
        filter(2, &json!({"workflow_runs": [run(1, "fork/access")]})),
        [""; 0]
    );
}

#[test]
fn key_is_only_in_jobs_with_an_environment() {
    let document = yaml(WORKFLOW);
    assert_eq!(document["permissions"], json!({}));
    for (name, job) in document["jobs"].as_object().unwrap() {
        let has_key = job.to_string().contains("secrets.");
        let environment = text(job, "environment");
        assert_eq!(has_key, !environment.is_empty(), "{name}");
        // GitHub runs these events only for commits of the main branch.
        let is_main = [
            "github.event_name == 'push'",
            "github.event_name == 'schedule'",
        ]
        .contains(&text(job, "if"));
        assert_eq!(environment == "apply", is_main, "{name}");
        assert!(
            environment != "plan"
                || text(job, "if").contains("head.repo.full_name == github.repository")
        );
    }
    assert_eq!(document["on"]["push"]["branches"], json!(["main"]));
}

#[test]
fn pull_request_never_cancels_an_apply() {
    let document = yaml(WORKFLOW);
    assert!(document["concurrency"].is_null());
    let mut groups: Vec<&str> = document["jobs"]
        .as_object()
        .unwrap()
        .values()
        .map(|job| text(&job["concurrency"], "group"))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(
        groups.len(),
        document["jobs"].as_object().unwrap().len(),
        "{groups:?}"
    );
    assert_eq!(
        text(
            &document["jobs"]["apply"]["concurrency"],
            "cancel-in-progress"
        ),
        "false"
    );
}
