//! Names of projects. Only ids identify projects, because several projects may have the same name.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use permissions_ext::{Client, Error, Project, ProjectId};
use tokio::time::timeout;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::truncate;
use crate::session::Session;
use crate::style::quoted;

/// The column of names.
pub(crate) const COLUMN: &str = "project_name";

/// Maximum length of a name in text and comments, in characters. The API may accept names of any length, which would
/// hide the changes of a plan.
const MAX_LABEL: usize = 200;

/// Time that a command waits for the names of projects after its other requests are finished. An organization with
/// 1,000 projects needs 10 requests for names, and each of these requests may be retried after a failure.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Options for names of projects.
#[derive(Debug, clap::Args)]
pub(crate) struct NameOptions {
    /// Show the names of projects, with one more request per 100 projects [default: only in tables and text on a terminal]
    #[arg(long, overrides_with = "no_names")]
    names: bool,

    /// Show only the ids of projects
    #[arg(long, overrides_with = "names")]
    no_names: bool,
}

impl NameOptions {
    /// Whether names are shown.
    pub(crate) fn are_shown(&self, context: &Context) -> bool {
        let is_chosen = self.names || context.global.columns.iter().any(|name| name == COLUMN);
        let is_default = io::stdout().is_terminal() && context.is_for_people();
        is_chosen || (is_default && !self.no_names)
    }

    /// Hides names, unless `--names` or `--columns` requests them. For output that contains no names by default.
    pub(crate) fn disable_default(&mut self) {
        self.no_names = true;
    }

    /// Waits for a call. If names are shown, lists the projects of the organization at the same time.
    ///
    /// Names only explain ids. If the list of projects fails or takes too long, a note is printed, and the command
    /// continues without names.
    pub(crate) async fn with<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
        session: &Session<'_>,
    ) -> Result<(T, Names), Failure> {
        if !self.are_shown(session.context) {
            return Ok((call.await?, Names::default()));
        }
        let fetch = pin!(Names::fetch(session.client()));
        let (result, names) = match select(pin!(call), fetch).await {
            Either::Left((result, fetch)) => (result?, timeout(MAX_WAIT, fetch).await),
            Either::Right((names, call)) => (call.await?, Ok(names)),
        };
        let reason = match names {
            Ok(Ok(names)) => return Ok((result, names)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!(
                "the list of projects was still incomplete {} s after the other requests had finished",
                MAX_WAIT.as_secs()
            ),
        };
        let tip = if self.names {
            ""
        } else {
            "; use --no-names to skip the request for names"
        };
        let note = format!("names of projects are not shown: {reason}{tip}");
        session.context.note_always(&note);
        Ok((result, Names::default()))
    }
}

/// The projects of the organization by id. Empty if names are not shown.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<ProjectId, Project>);

impl Names {
    /// Lists the projects of the organization, with archived ones.
    pub(crate) async fn fetch(client: &Client) -> Result<Self, Error> {
        let projects = client.projects().include_archived(true).all().await?;
        let by_id = |project: Project| (project.id.clone(), project);
        Ok(Self(projects.into_iter().map(by_id).collect()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the name of a project, if the project is known and its name is not blank.
    pub(crate) fn get(&self, id: &ProjectId) -> Option<&str> {
        let name = self.0.get(id)?.name.as_deref();
        name.filter(|name| !name.trim().is_empty())
    }

    /// Returns the name of a project for text and comments. A long name is truncated.
    pub(crate) fn label(&self, id: &ProjectId) -> Option<String> {
        self.get(id).map(|name| truncate(name, MAX_LABEL))
    }

    /// Whether the project is known and archived.
    pub(crate) fn is_archived(&self, id: &ProjectId) -> bool {
        let project = self.0.get(id);
        project.is_some_and(Project::is_archived)
    }

    /// Returns why a manifest should not contain a project, if it is archived or unknown.
    pub(crate) fn problem(&self, id: &ProjectId) -> Option<String> {
        if !self.0.contains_key(id) {
            return Some(format!("the organization has no project {id}"));
        }
        let is_archived = self.is_archived(id);
        is_archived.then(|| format!("the project {} is archived", self.with_name(id)))
    }

    /// Returns the id with the name, such as `proj_a "Forecast service"`, and whether the project is archived.
    pub(crate) fn describe(&self, id: &ProjectId) -> String {
        let is_archived = self.is_archived(id);
        self.with_name(id) + if is_archived { " (archived)" } else { "" }
    }

    fn with_name(&self, id: &ProjectId) -> String {
        match self.label(id) {
            Some(name) => format!("{id} {}", quoted(&name)),
            None => id.to_string(),
        }
    }
}

#[cfg(test)]
impl Names {
    /// Creates the value from pairs of an id and a name.
    pub(crate) fn of<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let project = |(id, name): (&str, &str)| {
            let project = serde_json::json!({ "id": id, "name": name, "created_at": 0 });
            (
                id.parse().unwrap(),
                serde_json::from_value(project).unwrap(),
            )
        };
        Self(names.into_iter().map(project).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn project_with_archived_status_is_archived() {
        let project = json!({ "id": "proj_a", "name": "A", "status": "archived", "created_at": 0 });
        let project: Project = serde_json::from_value(project).unwrap();
        let id = project.id.clone();
        let names = Names(HashMap::from([(id.clone(), project)]));

        assert_eq!(names.describe(&id), "proj_a \"A\" (archived)");
        assert!(names.problem(&id).is_some());
    }

    #[test]
    fn blank_name_is_not_shown() {
        let names = Names::of([("proj_a", ""), ("proj_b", " \u{a0}")]);

        for id in ["proj_a", "proj_b"] {
            let project = id.parse().unwrap();
            assert_eq!(names.get(&project), None);
            assert_eq!(names.describe(&project), id);
        }
    }

    #[test]
    fn long_name_is_truncated_in_text() {
        let long = "é".repeat(100_000);
        let names = Names::of([("proj_a", long.as_str())]);
        let id = "proj_a".parse().unwrap();

        assert_eq!(names.get(&id), Some(long.as_str()));
        let text = names.describe(&id);
        assert!(text.ends_with("é…\""), "{text}");
        assert!(text.chars().count() <= MAX_LABEL + 10, "{text}");
    }
}
