//! Simulates GitHub Actions.
//!
//! Runs each `run` step with bash. For a step that uses this repository's action, runs the last step of `action.yml`.
//! Artifacts are folders, and `gh` is a script that answers from files.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{bash, describe, root, text, write_program, yaml};

pub(crate) const WORKFLOW: &str = "docs/github-actions/permissions.yml";
pub(crate) const CHECKPOINT: &str = "ft:gpt-4o:acme:forecast:B7R9VjQd";

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

/// A server, the files of the simulated GitHub Actions, and the manifest of the repository.
pub(crate) struct Service {
    server: Child,
    base_url: String,
    admin_key: String,
    folder: TempDir,
}

impl Service {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
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
    pub(crate) fn live(&self) -> Vec<String> {
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
    pub(crate) fn run_job(&self, job: &str) -> (String, bool) {
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
        // The example calls the real API, so the test sets the address of its own server.
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
