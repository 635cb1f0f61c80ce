//! The steps of the example workflow, against `permissions serve`.
//!
//! The test runs the `run` steps with bash, and the steps of `action.yml` for this repository's action.
//! Artifacts are folders, and `gh` is a script that answers from files.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{bash, describe, root, text, write_program, yaml};

const WORKFLOW: &str = "docs/github-actions/permissions.yml";
const CHECKPOINT: &str = "ft:gpt-4o:acme:forecast:B7R9VjQd";

/// Answers the calls of `gh` in the workflow, and fails on every other call.
const GH: &str = r#"
case "$1 $2" in
  "api repos/acme/access/commits/merge1/pulls") cat "$SERVICE/head" ;;
  "api repos/acme/access/actions/workflows/permissions.yml/runs?event=pull_request&status=success&head_sha=head1") echo 77 ;;
  "api repos/acme/access/actions/workflows/permissions.yml/runs?event=pull_request&status=success&head_sha=head2") ;;
  "run download")
    [ "$3 $4 $5 $6 $8" = "77 --repo acme/access --name --dir" ] || exit 1
    mkdir -p "$9" && cp "$SERVICE/artifacts/$7/"* "$9/" ;;
  "pr comment")
    [ "$3 $4 $5 $6 $7 $8" = "5 --repo acme/access --edit-last --create-if-none --body-file" ] || exit 1
    cp "$9" "$SERVICE/comment.md" ;;
  *) echo "unexpected: gh $*" >&2; exit 1 ;;
esac"#;

/// A server, the files of the service that runs workflows, and the manifest of the repository.
struct Service {
    server: Child,
    base_url: String,
    admin_key: String,
    folder: TempDir,
}

impl Service {
    fn new() -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_permissions"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let mut variable = |name: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(name)
                .unwrap_or_else(|| panic!("{line}"))
                .to_owned()
        };
        let base_url = variable("OPENAI_BASE_URL=");
        let admin_key = variable("OPENAI_ADMIN_KEY=");
        let folder = TempDir::new().unwrap();
        for name in ["artifacts", "programs"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        write_program(&folder.path().join("programs/gh"), GH);
        std::os::unix::fs::symlink(
            env!("CARGO_BIN_EXE_permissions"),
            folder.path().join("programs/permissions"),
        )
        .unwrap();
        let service = Self {
            server,
            base_url,
            admin_key,
            folder,
        };
        service.write("head", "head1");
        service.run_permissions(&["create", CHECKPOINT, "proj_forecast", "proj_evals"]);
        service.write(
            "permissions.toml",
            &format!("[checkpoints]\n\"{CHECKPOINT}\" = [\"proj_forecast\", \"proj_radar\"]\n"),
        );
        service
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
    }

    fn run_permissions(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_permissions"))
            .args(arguments)
            .env_clear()
            .env("OPENAI_BASE_URL", &self.base_url)
            .env("OPENAI_ADMIN_KEY", &self.admin_key)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", describe(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the projects that may use the checkpoint.
    fn live(&self) -> Vec<String> {
        let csv = self.run_permissions(&[
            "list",
            CHECKPOINT,
            "--format",
            "csv",
            "--columns",
            "project_id",
        ]);
        let mut projects: Vec<String> = csv.lines().skip(1).map(str::to_owned).collect();
        projects.sort();
        projects
    }

    /// Runs the steps of a job until one fails. Returns the output of all steps, and whether they succeeded.
    fn run_job(&self, job: &str) -> (String, bool) {
        let workspace = TempDir::new().unwrap();
        let temporary = TempDir::new().unwrap();
        let mut runner = Runner {
            service: self,
            workspace: workspace.path(),
            temporary: temporary.path(),
            outputs: BTreeMap::new(),
            log: String::new(),
        };
        let document = yaml(WORKFLOW);
        let succeeded = document["jobs"][job]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| runner.step(step));
        (runner.log, succeeded)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

struct Runner<'a> {
    service: &'a Service,
    workspace: &'a Path,
    temporary: &'a Path,
    /// Outputs of steps, as `ID.NAME`.
    outputs: BTreeMap<String, String>,
    log: String,
}

impl Runner<'_> {
    fn step(&mut self, step: &Value) -> bool {
        let uses = text(step, "uses").split('@').next().unwrap();
        match uses {
            "" => self.shell(
                text(step, "run"),
                &step["env"],
                text(step, "id"),
                &json!({}),
            ),
            "actions/checkout" => {
                assert_eq!(text(&step["with"], "persist-credentials"), "false");
                fs::copy(
                    self.service.at("permissions.toml"),
                    self.workspace.join("permissions.toml"),
                )
                .is_ok()
            }
            "actions/upload-artifact" => {
                let artifact = self
                    .service
                    .at("artifacts")
                    .join(self.evaluate(text(&step["with"], "name"), &json!({})));
                let path = self.workspace.join(text(&step["with"], "path"));
                fs::create_dir_all(&artifact).unwrap();
                fs::copy(&path, artifact.join(path.file_name().unwrap())).is_ok()
            }
            "checkpoint-permissions/checkpoint-permissions" => self.action(step),
            other => panic!("the test does not know {other}"),
        }
    }

    /// Runs the last step of `action.yml`. tests/action/install.rs tests its first step.
    fn action(&mut self, step: &Value) -> bool {
        let action = yaml("action.yml");
        let mut inputs = json!({});
        for (name, input) in action["inputs"].as_object().unwrap() {
            let given = step["with"][name]
                .as_str()
                .or_else(|| input["default"].as_str());
            inputs[name] = self.evaluate(given.unwrap(), &json!({})).into();
        }
        // The example uses the API's own address.
        inputs["base-url"] = self.service.base_url.clone().into();
        let run = action["runs"]["steps"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        let succeeded = self.shell(text(&run, "run"), &run["env"], "run", &inputs);
        for (name, output) in action["outputs"].as_object().unwrap() {
            let value = self.evaluate(text(output, "value"), &inputs);
            self.outputs
                .insert(format!("{}.{name}", text(step, "id")), value);
        }
        succeeded
    }

    fn shell(&mut self, script: &str, variables: &Value, id: &str, inputs: &Value) -> bool {
        let outputs = self.temporary.join("outputs");
        fs::write(&outputs, "").unwrap();
        let mut bash = bash(&self.service.at("programs"));
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(self.workspace)
            .env("SERVICE", self.service.folder.path())
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_REPOSITORY", "acme/access")
            .env("GITHUB_SHA", "merge1")
            .env("RUNNER_TEMP", self.temporary);
        for (name, value) in variables.as_object().into_iter().flatten() {
            bash.env(name, self.evaluate(value.as_str().unwrap(), inputs));
        }
        let output = bash.output().unwrap();
        self.log.push_str(&describe(&output));
        for line in fs::read_to_string(&outputs).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            self.outputs
                .insert(format!("{id}.{name}"), value.to_owned());
        }
        output.status.success()
    }

    /// Replaces the `${{ … }}` of a text.
    fn evaluate(&self, template: &str, inputs: &Value) -> String {
        let mut result = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${{ ") {
            let (expression, behind) = after.split_once(" }}").unwrap();
            result.push_str(before);
            result.push_str(&self.value(expression, inputs));
            rest = behind;
        }
        result + rest
    }

    fn value(&self, expression: &str, inputs: &Value) -> String {
        if let Some(name) = expression.strip_prefix("inputs.") {
            return inputs[name].as_str().unwrap().to_owned();
        }
        if let Some(output) = expression.strip_prefix("steps.") {
            return self.outputs[&output.replace(".outputs.", ".")].clone();
        }
        match expression {
            "github.event.number" => "5".to_owned(),
            "github.event.pull_request.head.sha" => "head1".to_owned(),
            "github.token" => "token".to_owned(),
            "runner.temp" => self.temporary.display().to_string(),
            "secrets.OPENAI_ADMIN_KEY" => self.service.admin_key.clone(),
            other => panic!("the test does not know {other}"),
        }
    }
}

#[test]
fn merged_plan_is_commented_stored_and_applied() {
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
fn filters_select_merged_pull_request_and_own_run() {
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
