//! The GitHub action: the script behind `action.yml`, run as a runner does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ran, World, run, snapshot_text};

/// What a run of the action left for the workflow's next steps.
struct Acted {
    ran: Ran,
    outputs: String,
    markdown: String,
    summary: String,
}

fn act(world: &World, command: &str, arguments: &str, fail_on_drift: &str) -> Acted {
    let (outputs, summary) = (
        world.folder().join("outputs"),
        world.folder().join("summary"),
    );
    fs::write(&outputs, "").unwrap();
    fs::write(&summary, "").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut script = Command::new("bash");
    script
        .arg(root.join(".github/action.sh"))
        .current_dir(world.folder())
        .env_clear()
        .env("PATH", search_path())
        .env("OPENAI_ADMIN_KEY", "sk-admin-test")
        .env("OPENAI_BASE_URL", world.base_url())
        .env("COMMAND", command)
        .env("FILE", "permissions.toml")
        .env("ARGUMENTS", arguments)
        .env("FAIL_ON_DRIFT", fail_on_drift)
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("RUNNER_TEMP", world.folder());
    let ran = run(script);
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    Acted {
        ran,
        outputs: read(outputs),
        markdown: read(world.folder().join("permissions.md")),
        summary: read(summary),
    }
}

fn search_path() -> String {
    let command = Path::new(env!("CARGO_BIN_EXE_permissions"));
    let folder = command.parent().unwrap().display();
    format!("{folder}:/usr/local/bin:/usr/bin:/bin")
}

#[test]
fn a_plan_becomes_a_comment_and_an_apply_makes_it_true() {
    let world = World::new();
    world.run("create ft:a proj_a proj_b").data();
    let manifest = "[checkpoints]\n\"ft:a\" = [\"proj_a\", \"proj_c\"]\n";
    fs::write(world.folder().join("permissions.toml"), manifest).unwrap();

    let planned = act(&world, "plan", "", "false");
    assert_eq!(planned.ran.code(), Some(0), "{}", planned.ran);
    assert!(planned.outputs.contains("exit-code=2\n"));
    assert!(planned.outputs.contains("permissions.md\n"));
    assert_eq!(planned.summary, planned.markdown);
    snapshot_text(
        "action-plan",
        "the comment that a plan becomes",
        &planned.markdown,
    );
    let nightly = act(&world, "plan", "", "true");
    assert_eq!(nightly.ran.code(), Some(2));

    let refused = act(&world, "apply", "--yes", "false");
    assert_eq!(refused.ran.code(), Some(64));
    assert!(refused.markdown.contains("--allow-delete"));
    let applied = act(&world, "apply", "--yes --allow-delete", "false");
    assert_eq!(applied.ran.code(), Some(0), "{}", applied.ran);
    let in_sync = act(&world, "plan", "", "true");
    assert_eq!(in_sync.ran.code(), Some(0));
    assert!(in_sync.outputs.contains("exit-code=0\n"));
}

#[test]
fn a_plan_too_long_for_a_comment_is_cut() {
    let world = World::new();
    let projects: Vec<String> = (0..4000).map(|n| format!("\"proj_{n:020}\"")).collect();
    let manifest = format!("[checkpoints]\n\"ft:a\" = [{}]\n", projects.join(", "));
    fs::write(world.folder().join("permissions.toml"), manifest).unwrap();

    let planned = act(&world, "plan", "", "false");

    assert_eq!(planned.ran.code(), Some(0));
    assert!(planned.ran.stdout().len() > 100_000);
    assert!(
        planned.markdown.len() < 65_536,
        "{}",
        planned.markdown.len()
    );
    assert!(planned.markdown.contains("lines more"));
    assert!(planned.markdown.contains("4000 to create"));
}
