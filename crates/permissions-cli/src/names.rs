//! Names of projects. Only ids identify projects, because several projects may have the same name.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};

use permissions_ext::{Client, Error, Project, ProjectId};

use crate::context::Context;
use crate::failure::Failure;
use crate::session::Session;
use crate::style::quoted;

/// The column of names.
pub(crate) const COLUMN: &str = "project_name";

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

    /// Hides names unless the command line requests them. For output that has no place for names.
    pub(crate) fn disable_default(&mut self) {
        self.no_names = true;
    }

    /// Waits for a call. If names are shown, lists the projects of the organization at the same time.
    ///
    /// Names only explain ids, so if the list of projects cannot be read, only a note is printed.
    pub(crate) async fn with<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
        session: &Session<'_>,
    ) -> Result<(T, Names), Failure> {
        if !self.are_shown(session.context) {
            return Ok((call.await?, Names::default()));
        }
        let names = async { Ok(Names::fetch(session.client()).await) };
        let (result, names) = tokio::try_join!(call, names)?;
        let names = names.unwrap_or_else(|error| {
            let tip = if self.names {
                ""
            } else {
                "; use --no-names to skip the request for names"
            };
            let note = format!("names of projects are not shown: {error}{tip}");
            session.context.note_always(&note);
            Names::default()
        });
        Ok((result, names))
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

    /// Returns the name of a project, if the project and its name are known.
    pub(crate) fn get(&self, id: &ProjectId) -> Option<&str> {
        self.0.get(id)?.name.as_deref()
    }

    /// Whether the project is known and archived.
    pub(crate) fn is_archived(&self, id: &ProjectId) -> bool {
        let project = self.0.get(id);
        project.is_some_and(|project| project.archived_at.is_some())
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
        match self.get(id) {
            Some(name) => format!("{id} {}", quoted(name)),
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
