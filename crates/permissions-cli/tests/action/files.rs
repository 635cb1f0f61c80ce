//! Inputs, outputs, files and tags in `action.yml` and the workflows exist.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{root, steps, text, yaml};

pub(crate) const DOCUMENTS: &[&str] = &[
    "action.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".github/workflows/spec-update.yml",
    "docs/github-actions/permissions.yml",
];

const OWN_ACTION: &str = "checkpoint-permissions/checkpoint-permissions";

/// Inputs that the workflows may set, from the `action.yml` of each action.
const ACTIONS: &[(&str, &[&str])] = &[
    ("actions/attest-build-provenance", &["subject-path"]),
    ("actions/checkout", &["fetch-depth", "persist-credentials"]),
    (
        "actions/download-artifact",
        &["merge-multiple", "path", "pattern"],
    ),
    (
        "actions/upload-artifact",
        &[
            "if-no-files-found",
            "name",
            "overwrite",
            "path",
            "retention-days",
        ],
    ),
    ("EmbarkStudios/cargo-deny-action", &[]),
    (
        "obi1kenobi/cargo-semver-checks-action",
        &["baseline-rev", "package"],
    ),
    ("rust-lang/crates-io-auth-action", &[]),
    ("Swatinem/rust-cache", &[]),
];

#[test]
fn used_inputs_and_outputs_are_defined() {
    let action = yaml("action.yml");
    let inputs = action["inputs"].as_object().unwrap();
    let source = fs::read_to_string(root().join("action.yml")).unwrap();
    for name in inputs.keys() {
        assert!(
            source.contains(&format!("${{{{ inputs.{name} }}}}")),
            "input {name} is unused"
        );
    }
    for expression in expressions(&source) {
        let name = expression.strip_prefix("inputs.");
        assert!(
            name.is_none_or(|name| inputs.contains_key(name)),
            "{expression}"
        );
    }
    for document in DOCUMENTS {
        for (job, step) in steps(&yaml(document)) {
            let uses = text(&step, "uses");
            let given = step["with"].as_object().into_iter().flatten();
            for (name, _) in given {
                let exists = match uses.split('@').next().unwrap() {
                    OWN_ACTION => inputs.contains_key(name),
                    other => {
                        let known = ACTIONS.iter().find(|(action, _)| *action == other);
                        known.is_some_and(|(_, inputs)| inputs.contains(&name.as_str()))
                    }
                };
                assert!(exists, "{document}, job {job}: {uses} has no input {name}");
            }
        }
    }
}

#[test]
fn step_outputs_are_written_by_their_step() {
    for document in DOCUMENTS {
        let text_of_document = fs::read_to_string(root().join(document)).unwrap();
        let parsed = yaml(document);
        let steps = steps(&parsed);
        for expression in expressions(&text_of_document) {
            let Some(output) = expression.strip_prefix("steps.") else {
                continue;
            };
            let (id, rest) = output.split_once('.').unwrap();
            let step = steps
                .iter()
                .map(|(_, step)| step)
                .find(|step| text(step, "id") == id);
            let step = step.unwrap_or_else(|| panic!("{document}: no step has the id {id}"));
            let Some(name) = rest.strip_prefix("outputs.") else {
                continue;
            };
            let action_outputs = yaml("action.yml");
            let written = match text(step, "uses").split('@').next().unwrap() {
                OWN_ACTION => action_outputs["outputs"][name].is_object(),
                "rust-lang/crates-io-auth-action" => name == "token",
                _ if text(step, "run").contains("action.sh") => {
                    fs::read_to_string(root().join(".github/action.sh"))
                        .unwrap()
                        .contains(&format!("echo \"{name}="))
                }
                _ => text(step, "run").contains(&format!("echo \"{name}=")),
            };
            assert!(written, "{document}: {expression}");
        }
    }
}

/// Returns the expressions of a text, which `${{` and `}}` enclose.
fn expressions(text: &str) -> impl Iterator<Item = &str> {
    text.split("${{ ")
        .skip(1)
        .filter_map(|rest| rest.split(" }}").next())
}

#[test]
fn actions_are_pinned_to_one_commit_with_its_tag() {
    let mut pins: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let texts: Vec<String> = DOCUMENTS
        .iter()
        .map(|path| fs::read_to_string(root().join(path)).unwrap())
        .collect();
    for line in texts.iter().flat_map(|text| text.lines()) {
        let Some((_, uses)) = line.split_once("uses: ") else {
            continue;
        };
        let Some((action, pin)) = uses.split_once('@') else {
            continue;
        };
        if action == OWN_ACTION {
            let major = env!("CARGO_PKG_VERSION").split('.').next().unwrap();
            assert_eq!(
                pin,
                format!("v{major}"),
                "release.yml moves the tag v{major}"
            );
            continue;
        }
        let (commit, tag) = pin
            .split_once(" # ")
            .unwrap_or_else(|| panic!("no tag after {uses}"));
        assert!(
            commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{uses}"
        );
        assert!(tag.starts_with('v') && tag.contains('.'), "{uses}");
        assert_eq!(
            *pins.entry(action).or_insert((commit, tag)),
            (commit, tag),
            "{action} has two pins"
        );
    }
    assert!(pins.len() >= 5);
}

#[test]
fn files_in_scripts_exist() {
    for document in DOCUMENTS {
        for (job, step) in steps(&yaml(document)) {
            for word in
                text(&step, "run").split(|c: char| c.is_whitespace() || "\"'()=".contains(c))
            {
                let word = word.strip_prefix("$GITHUB_ACTION_PATH/").unwrap_or(word);
                let is_path = [".ci/", ".github/", "crates/", "xtask/", "docs/", "openapi"]
                    .iter()
                    .any(|start| word.starts_with(start))
                    || word == "CHANGELOG.md";
                if is_path {
                    assert!(
                        root().join(word).exists(),
                        "{document}, job {job}: {word} does not exist"
                    );
                }
            }
        }
    }
}

#[test]
fn release_tag_pattern_matches_the_version() {
    let release = yaml(".github/workflows/release.yml");
    assert_eq!(
        release["on"]["push"]["tags"],
        serde_json::json!(["v[0-9]+.[0-9]+.[0-9]+"])
    );
    let numbers: Vec<u32> = env!("CARGO_PKG_VERSION")
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert_eq!(numbers.len(), 3);
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(
        changelog.lines().any(|line| line.starts_with("## ")),
        "the release notes are a section of CHANGELOG.md"
    );
}

#[test]
fn release_builds_every_target_of_the_install_script() {
    let install = fs::read_to_string(root().join(".github/install.sh")).unwrap();
    let mut installed: Vec<&str> = install
        .lines()
        .filter_map(|line| line.split_once("target=")?.1.strip_suffix(" ;;"))
        .filter(|target| !target.is_empty())
        .collect();
    let release = yaml(".github/workflows/release.yml");
    let mut built: Vec<&str> = release["jobs"]["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| text(entry, "target"))
        .collect();
    installed.sort_unstable();
    built.sort_unstable();
    assert_eq!(installed, built);
    assert_eq!(built.len(), 5);
}

#[test]
fn variables_of_the_action_are_read_by_its_script() {
    let action = yaml("action.yml");
    let script = fs::read_to_string(root().join(".github/action.sh")).unwrap();
    let run = action["runs"]["steps"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    for name in run["env"].as_object().unwrap().keys() {
        // The command itself reads the variables of the API.
        assert!(
            name.starts_with("OPENAI_") || script.contains(&format!("${{{name}")),
            "{name}"
        );
    }
}

#[test]
fn checkouts_persist_no_credentials() {
    for document in DOCUMENTS {
        let parsed = yaml(document);
        if parsed["jobs"].is_object() {
            assert_eq!(parsed["permissions"], serde_json::json!({}), "{document}");
        }
        for (job, step) in steps(&parsed) {
            if text(&step, "uses").starts_with("actions/checkout@") {
                assert_eq!(
                    text(&step["with"], "persist-credentials"),
                    "false",
                    "{document}, job {job}"
                );
            }
        }
    }
}
