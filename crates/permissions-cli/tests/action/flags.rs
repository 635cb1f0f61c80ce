//! Tests that cargo, xtask and `permissions` have the flags that the action and the workflows use.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::files::DOCUMENTS;
use crate::support::{root, steps, text, yaml};

/// Returns the commands of all scripts as words, with continued lines joined.
fn commands() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut add = |source: &str, script: &str| {
        for line in script.replace("\\\n", " ").lines() {
            for command in line.split(['|', ';', '&', '(', ')', '>']) {
                let words: Vec<String> = command
                    .split_whitespace()
                    .map(|word| word.trim_matches('"').to_owned())
                    .collect();
                found.push((source.to_owned(), words));
            }
        }
    };
    for document in DOCUMENTS {
        for (_, step) in steps(&yaml(document)) {
            add(document, text(&step, "run"));
        }
    }
    found
}

fn help(mut command: Command, arguments: &[&str]) -> String {
    let output = command.args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "{arguments:?} has no help");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn flags_of_cargo_commands_exist() {
    let cargo = || Command::new(env!("CARGO"));
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut seen = 0;
    for (source, words) in commands() {
        let Some(at) = words.iter().position(|word| word == "cargo") else {
            continue;
        };
        let words: Vec<&str> = words[at + 1..]
            .iter()
            .map(String::as_str)
            .filter(|word| !word.starts_with('+'))
            .collect();
        let Some((subcommand, rest)) = words.split_first() else {
            continue;
        };
        seen += 1;
        if *subcommand == "xtask" {
            check_xtask(&source, rest);
            continue;
        }
        let help = help(cargo(), &[subcommand]);
        for (at, word) in rest.iter().enumerate() {
            let flag = word.split('=').next().unwrap();
            if flag.starts_with("--") {
                assert!(
                    help.contains(flag),
                    "{source}: cargo {subcommand} has no flag {flag}"
                );
            }
            if ["-p", "--package"].contains(&flag) && !rest[at + 1].starts_with('$') {
                assert!(
                    packages
                        .iter()
                        .any(|package| package["name"] == rest[at + 1]),
                    "{source}: no package {}",
                    rest[at + 1]
                );
            }
            if flag == "--test" {
                let has = |package: &Value| {
                    package["targets"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|target| target["name"] == rest[at + 1])
                };
                assert!(
                    packages.iter().any(has),
                    "{source}: no test {}",
                    rest[at + 1]
                );
            }
        }
    }
    assert!(seen >= 8, "only {seen} commands of cargo were found");
}

/// Checks a call of xtask against the definitions of its arguments. The binary of xtask is not built for this test.
fn check_xtask(source: &str, words: &[&str]) {
    let definitions = fs::read_to_string(root().join("xtask/src/main.rs")).unwrap();
    let (task, flags) = words.split_first().unwrap();
    let variant = format!("{}{}", task[..1].to_uppercase(), &task[1..]);
    assert!(
        definitions
            .lines()
            .any(|line| line.trim_start().starts_with(&variant)),
        "{source}: xtask has no task {task}"
    );
    for flag in flags.iter().filter_map(|word| word.strip_prefix("--")) {
        let field = format!("{}:", flag.replace('-', "_"));
        assert!(
            definitions.contains(&field),
            "{source}: xtask {task} has no flag --{flag}"
        );
    }
}

#[test]
fn flags_of_the_action_exist() {
    let script = fs::read_to_string(root().join(".github/action.sh")).unwrap();
    let mut checked = 0;
    for subcommand in ["check", "plan", "apply"] {
        let help = help(
            Command::new(env!("CARGO_BIN_EXE_permissions")),
            &[subcommand],
        );
        let block = script
            .split(&format!("  {subcommand})"))
            .nth(1)
            .unwrap()
            .split(";;")
            .next()
            .unwrap();
        for word in block.split(|c: char| c.is_whitespace() || "\"=;".contains(c)) {
            if word.starts_with("--") && word.len() > 2 {
                assert!(
                    help.contains(word),
                    "permissions {subcommand} has no flag {word}"
                );
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 8);
}
