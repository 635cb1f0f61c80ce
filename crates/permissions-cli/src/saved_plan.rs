//! Saved plans: JSON files that `plan --out` writes and `apply` reads.

use std::path::Path;

use permissions_ext::sync::{Change, Plan};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::file;
use crate::manifest::Manifest;

/// A plan with the manifest that it was made from.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    #[serde(flatten)]
    pub(crate) plan: Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest_digest: Option<String>,
    /// The version of the command that made the plan. Only for information.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_version: Option<String>,
}

impl SavedPlan {
    pub(crate) fn new(plan: Plan, manifest: &Manifest) -> Self {
        Self {
            plan,
            manifest_digest: Some(manifest.digest()),
            tool_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }
    }

    /// Fails if the path ends in `.toml`, because such a file is a manifest and not a plan.
    pub(crate) fn check_path(path: &Path) -> Result<(), Failure> {
        if path.extension().is_none_or(|extension| extension != "toml") {
            return Ok(());
        }
        let path = path.display();
        Err(Failure::usage(format!(
            "{path} is not a plan: plans are JSON files, and this is a TOML file"
        ))
        .remedy(format!("use --file {path} for a manifest")))
    }

    /// Reads a file, or standard input if the path is `-`.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        Self::check_path(path)?;
        let refuse = |reason: String| {
            let message = format!("failed to read the plan {}: {reason}", file::name(path));
            Failure::usage(message).remedy("make a plan with `permissions plan --out FILE`")
        };
        let text = file::read(path, file::MAX_BYTES).map_err(|error| refuse(error.to_string()))?;
        let document = serde_json::from_str::<Value>(&text);
        document
            .and_then(serde_json::from_value)
            .map_err(|error| refuse(error.to_string()))
    }

    /// Writes a file, or standard output if the path is `-`.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::failed_to("write the plan", error))?;
        text.push('\n');
        file::renew(path, &text, "{")
    }

    /// Fails if the plan was made from another manifest.
    pub(crate) fn check_manifest(&self, manifest: &Manifest) -> Result<(), Failure> {
        let (current, planned) = (manifest.digest(), self.manifest_digest.as_deref());
        if planned == Some(&current) {
            return self.check_changes(manifest);
        }
        Err(Failure::usage(format!(
            "the plan was made from another manifest: its digest is {}, the digest of {} is {current}; \
             nothing was changed",
            planned.unwrap_or("missing"),
            manifest.names()
        ))
        .remedy("make a new plan with `permissions plan --out FILE`"))
    }

    /// Fails if a change contradicts the manifest. The digest alone does not protect against an edited plan.
    fn check_changes(&self, manifest: &Manifest) -> Result<(), Failure> {
        let desired = manifest.desired(|_| true);
        for (checkpoint, change) in self.plan.changes() {
            let projects = desired.projects(checkpoint);
            let is_desired =
                projects.is_some_and(|projects| projects.contains(change.project_id()));
            let reason = match change {
                _ if projects.is_none() => "the checkpoint is not in",
                Change::Create { .. } if !is_desired => {
                    "the plan creates a permission that is not in"
                }
                Change::Delete { .. } if is_desired => "the plan deletes a permission that is in",
                _ => continue,
            };
            return Err(Failure::usage(format!(
                "the plan contradicts the manifest: {reason} {} ({checkpoint}, project {}); nothing was changed",
                manifest.names(),
                change.project_id()
            ))
            .remedy("make a new plan with `permissions plan --out FILE`"));
        }
        Ok(())
    }

    /// Describes where the plan comes from, as lines of a name and a value.
    pub(crate) fn origin(&self) -> Vec<(&'static str, String)> {
        let target = Some(("target", self.plan.target().to_string()));
        let digest = self.manifest_digest.clone();
        let version = self.tool_version.as_ref();
        let version = version.map(|version| ("made by", format!("permissions {version}")));
        let lines = [target, digest.map(|digest| ("manifest", digest)), version];
        lines.into_iter().flatten().collect()
    }
}
