//! Runs shell scripts of the repository, and reads its YAML files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use saphyr_parser::{Event, Parser, StrInput};
use serde_json::{Map, Value};

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Returns the bash to test with. ACTION_BASH can name another one, such as bash 3.2 of macOS.
pub(crate) fn shell() -> Command {
    Command::new(std::env::var_os("ACTION_BASH").unwrap_or_else(|| "bash".into()))
}

/// Returns a bash command with only PATH in its environment. PATH contains the folder `first`, and then the folders of
/// the system's programs.
pub(crate) fn bash(first: &Path) -> Command {
    let mut bash = shell();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", first.display());
    bash.env_clear().env("PATH", path);
    bash
}

/// Writes an executable shell script.
pub(crate) fn write_program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Formats the exit code and both outputs for assertion messages.
pub(crate) fn describe(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Reads a YAML file of the repository. All scalars become strings.
pub(crate) fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let mut parser = Parser::new_from_str(&text);
    loop {
        let (event, _) = parser.next_event().unwrap().unwrap();
        if let Some(value) = node(event, &mut parser) {
            return value;
        }
    }
}

fn node<'a>(event: Event<'a>, parser: &mut Parser<'a, StrInput<'a>>) -> Option<Value> {
    match event {
        Event::Scalar(text, ..) => Some(Value::String(text.into_owned())),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            while let Some(item) = next(parser) {
                items.push(item);
            }
            Some(Value::Array(items))
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            while let Some(key) = next(parser) {
                let value = next(parser).unwrap();
                entries.insert(key.as_str().unwrap().to_owned(), value);
            }
            Some(Value::Object(entries))
        }
        _ => None,
    }
}

/// Returns the next value, or `None` at the end of a collection.
fn next<'a>(parser: &mut Parser<'a, StrInput<'a>>) -> Option<Value> {
    let (event, _) = parser.next_event().unwrap().unwrap();
    node(event, parser)
}

/// Returns a member as text, or "" if it is missing.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Returns the steps of a workflow or composite action, with the name of their job.
pub(crate) fn steps(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    if let Some(jobs) = document["jobs"].as_object() {
        for (name, job) in jobs {
            for step in job["steps"].as_array().unwrap() {
                found.push((name.clone(), step.clone()));
            }
        }
    }
    for step in document["runs"]["steps"].as_array().into_iter().flatten() {
        found.push(("runs".to_owned(), step.clone()));
    }
    found
}
