use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The workspace as `cargo metadata` describes it.
pub(crate) struct Workspace {
    packages: Vec<Value>,
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version=1", "--no-deps"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let Value::Array(packages) = metadata["packages"].take() else {
            panic!("the metadata contains no packages");
        };
        Self { packages }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package["name"] == name)
    }

    /// Returns the names of the dependencies, without those of tests and build scripts.
    pub(crate) fn normal_dependencies(&self, name: &str) -> Vec<String> {
        self.package(name)["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn source_folder(&self, name: &str) -> PathBuf {
        let manifest = PathBuf::from(self.package(name)["manifest_path"].as_str().unwrap());
        manifest.parent().unwrap().join("src")
    }

    fn package(&self, name: &str) -> &Value {
        self.packages
            .iter()
            .find(|package| package["name"] == name)
            .unwrap_or_else(|| panic!("the workspace has no package {name}"))
    }
}
