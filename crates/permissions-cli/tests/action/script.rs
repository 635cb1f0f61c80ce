//! Runs `action.sh` with a stub of the `permissions` command.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::support::{bash, describe, root, write_program};

/// Environment variables of a run. `None` leaves a variable unset.
type Inputs<'a> = [(&'a str, Option<&'a str>)];

struct Run {
    output: Output,
    outputs: String,
    markdown: String,
    arguments: Vec<String>,
}

/// Runs `action.sh`. A stub replaces the `permissions` command: it records its arguments and executes the shell code in
/// `program`.
fn run(inputs: &Inputs<'_>, program: &str) -> Run {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let arguments = at("arguments");
    write_program(
        &at("permissions"),
        &format!("printf '%s\\n' \"$@\" >{}\n{program}", arguments.display()),
    );
    let mut script = bash(folder.path());
    script
        .arg(root().join(".github/action.sh"))
        .current_dir(folder.path())
        .env("GITHUB_OUTPUT", at("outputs"))
        .env("GITHUB_STEP_SUMMARY", at("summary"))
        .env("RUNNER_TEMP", folder.path());
    for (name, value) in inputs {
        if let Some(value) = value {
            script.env(name, value);
        }
    }
    let output = script.output().unwrap();
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    Run {
        output,
        outputs: read(&at("outputs")),
        markdown: read(&at("permissions.md")),
        arguments: read(&arguments).lines().map(str::to_owned).collect(),
    }
}

/// Returns the arguments that the action must pass, or `None` if it must refuse the inputs.
fn expected(
    command: &str,
    plan: Option<&str>,
    delete: bool,
    empty: bool,
    more: &str,
) -> Option<Vec<String>> {
    let mut arguments = vec![command.to_owned()];
    match command {
        "check" => arguments.push("--file=access/".to_owned()),
        "plan" => {
            arguments.extend(["--file=access/", "--format=markdown"].map(str::to_owned));
            arguments.extend(plan.map(|plan| format!("--out={plan}")));
        }
        _ => {
            arguments.push(plan?.to_owned());
            arguments.extend(["--file=access/", "--yes"].map(str::to_owned));
            arguments.extend(delete.then(|| "--allow-delete".to_owned()));
            arguments.extend(empty.then(|| "--allow-empty".to_owned()));
        }
    }
    arguments.extend(more.split_whitespace().map(str::to_owned));
    Some(arguments)
}

#[test]
fn every_combination_of_inputs_passes_documented_arguments() {
    for command in ["check", "plan", "apply"] {
        for plan in [None, Some("a plan.json")] {
            for (delete, empty) in [(false, false), (true, false), (false, true), (true, true)] {
                for more in ["", "  ", "--organization org-a *"] {
                    for drift in [None, Some("false"), Some("true")] {
                        let boolean = |set: bool| {
                            if set {
                                Some("true")
                            } else {
                                drift.map(|_| "false")
                            }
                        };
                        let run = run(
                            &[
                                ("COMMAND", Some(command)),
                                ("FILE", Some("access/")),
                                ("PLAN_FILE", plan),
                                ("ALLOW_DELETE", boolean(delete)),
                                ("ALLOW_EMPTY", boolean(empty)),
                                ("ARGUMENTS", Some(more)),
                                ("FAIL_ON_DRIFT", drift),
                            ],
                            "exit 2",
                        );
                        let message = describe(&run.output);
                        let Some(arguments) = expected(command, plan, delete, empty, more) else {
                            assert_eq!(run.output.status.code(), Some(64), "{message}");
                            assert!(message.contains("plan-file is empty"), "{message}");
                            continue;
                        };
                        assert_eq!(run.arguments, arguments, "{message}");
                        let fails = command != "plan" || drift == Some("true");
                        assert_eq!(
                            run.output.status.code(),
                            Some(if fails { 2 } else { 0 }),
                            "{message}"
                        );
                        assert!(run.outputs.contains("exit-code=2\n"), "{message}");
                        assert_eq!(run.outputs.contains("changes=true\n"), command == "plan");
                    }
                }
            }
        }
    }
}

#[test]
fn unset_inputs_use_the_defaults() {
    let run = run(&[], "exit 0");

    assert_eq!(
        run.arguments,
        ["plan", "--file=permissions.toml", "--format=markdown"],
        "{}",
        describe(&run.output)
    );
    assert!(
        run.outputs
            .contains("exit-code=0\nchanges=false\nmarkdown=")
    );
}

/// Bash 3.2, the bash of macOS, reports `"${array[@]}"` of an empty array as unbound under `set -u`.
#[test]
fn scripts_of_the_action_use_no_arrays() {
    for script in ["action.sh", "install.sh", "package.sh"] {
        let text = fs::read_to_string(root().join(".github").join(script)).unwrap();
        for syntax in ["[@]", "[*]", "=(", "read -ra", "mapfile", "declare -A"] {
            assert!(!text.contains(syntax), "{script} contains {syntax}");
        }
    }
}

#[test]
fn invalid_inputs_are_refused_in_one_line() {
    for (inputs, message) in [
        (
            [("COMMAND", Some("delete"))],
            "::error::input command is \"delete\"; set it to check, plan or apply\n",
        ),
        (
            [("ALLOW_DELETE", Some("yes"))],
            "::error::input allow-delete is \"yes\"; set it to true or false\n",
        ),
        (
            [("COMMAND", Some("x\n::set-env::"))],
            "::error::input command is \"x ::set-env::\"; set it to check, plan or apply\n",
        ),
    ] {
        let run = run(&inputs, "exit 0");
        assert_eq!(run.output.status.code(), Some(64));
        assert_eq!(String::from_utf8_lossy(&run.output.stdout), message);
        assert!(run.arguments.is_empty());
    }
}

#[test]
fn plan_file_with_leading_hyphen_is_a_path() {
    let run = run(
        &[("COMMAND", Some("apply")), ("PLAN_FILE", Some("--yes"))],
        "exit 0",
    );

    assert_eq!(run.arguments[1], "./--yes");
}

#[test]
fn long_plan_is_truncated_inside_its_code_block() {
    let program = "echo '# Plan'; echo '```diff'; i=0; while [ $i -lt 4000 ]; do echo \"+ proj_00000000000000000$i\"; i=$((i+1)); done; echo '```'; echo told >&2; exit 2";
    let run = run(&[("COMMAND", Some("plan"))], program);

    assert_eq!(run.output.status.code(), Some(0));
    assert!(run.markdown.len() < 65_536, "{}", run.markdown.len());
    assert_eq!(run.markdown.matches("```").count(), 4, "{}", run.markdown);
    assert!(
        run.markdown
            .contains("more lines are in the log of the job.")
    );
    assert!(run.markdown.contains("told"));
    assert!(run.output.stdout.len() > 90_000);
}

#[test]
fn failure_is_in_the_summary_and_exit_code() {
    let run = run(
        &[("COMMAND", Some("check"))],
        "echo 'error: duplicate' >&2; exit 64",
    );

    assert_eq!(run.output.status.code(), Some(64));
    assert_eq!(
        run.markdown,
        "### permissions check\n\n```text\nerror: duplicate\n```\n"
    );
}
