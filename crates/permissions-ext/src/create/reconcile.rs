use std::collections::{HashMap, HashSet};

use super::{CreateRequest, Created};
use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::list::List;
use crate::metadata::Metadata;
use crate::model::{Permission, ProjectId};
use crate::options::RequestOptions;
use crate::permissions::Permissions;
use crate::progress::BulkProgress;
use crate::transport::{Deadline, Retries};

/// Largest number of projects whose permissions are listed one project at a time. For more projects, the client lists
/// all permissions of the checkpoint.
const FILTERED_LOOKUPS: usize = 3;

/// Creates permissions in batches and reconciles after ambiguous failures.
pub(super) struct Reconciler<'a> {
    permissions: &'a Permissions,
    options: &'a RequestOptions,
    deadline: Deadline,
    /// The projects without duplicates, in the order of the request.
    projects: Vec<ProjectId>,
    /// The permission of each project. `None` until the permission is known to exist.
    found: HashMap<ProjectId, Option<Permission>>,
    /// The projects that had a permission before. `None` without `read_first`.
    existing: Option<HashSet<ProjectId>>,
    metadata: Metadata,
}

impl<'a> Reconciler<'a> {
    pub(super) fn new(
        permissions: &'a Permissions,
        options: &'a RequestOptions,
        mut projects: Vec<ProjectId>,
    ) -> Self {
        let mut found = HashMap::with_capacity(projects.len());
        projects.retain(|project_id| found.insert(project_id.clone(), None).is_none());
        Self {
            permissions,
            options,
            deadline: permissions.transport().deadline(options),
            projects,
            found,
            existing: None,
            metadata: Metadata::default(),
        }
    }

    pub(super) async fn run(
        &mut self,
        batch_size: usize,
        read_first: bool,
        progress: &BulkProgress,
    ) -> Result<(), Error> {
        let mut missing = self.projects.clone();
        if read_first {
            self.read(&missing).await?;
            self.retain_missing(&mut missing);
            let found = self.found.iter().filter(|(_, found)| found.is_some());
            self.existing = Some(found.map(|(project_id, _)| project_id.clone()).collect());
        }
        let batches = missing.chunks(batch_size);
        progress.set_total(batches.len());
        for batch in batches {
            self.create(batch.to_vec()).await?;
            progress.advance();
        }
        Ok(())
    }

    pub(super) fn into_created(mut self) -> Created {
        let projects = self.projects.iter();
        let permissions = projects.filter_map(|project_id| self.found.remove(project_id)?);
        Created {
            permissions: permissions.collect(),
            existing: self.existing,
            metadata: self.metadata,
        }
    }

    /// Creates one batch. After each ambiguous failure, lists the existing permissions before the next attempt or
    /// before the call fails.
    async fn create(&mut self, mut missing: Vec<ProjectId>) -> Result<(), Error> {
        let transport = self.permissions.transport();
        let mut retries = Retries::new(transport, self.options, self.deadline);
        loop {
            let request = CreateRequest {
                checkpoint: self.permissions.checkpoint(),
                project_ids: &missing,
            };
            let error = match retries.attempt(&request).await {
                Ok(reply) => {
                    self.record(reply.value.data.into_iter().map(Permission::from_api));
                    self.metadata = reply.metadata;
                    self.retain_missing(&mut missing);
                    return self.check_complete(&missing);
                }
                Err(error) => error,
            };
            let is_ambiguous = error.is_ambiguous();
            let verdict = retries.after(error).await;
            if is_ambiguous {
                // Boxed to keep the future small. Most calls do not reconcile.
                let read = Box::pin(self.read(&missing)).await;
                self.retain_missing(&mut missing);
                match (verdict, read) {
                    _ if missing.is_empty() => return Ok(()),
                    // Returns the error of the create, which is more useful than the error of the list.
                    (Err(error), _) | (Ok(()), Err(error)) => return Err(error),
                    (Ok(()), Ok(())) => {}
                }
            } else {
                verdict?;
            }
        }
    }

    /// Reads which of these projects have a permission.
    async fn read(&mut self, projects: &[ProjectId]) -> Result<(), Error> {
        let list = self.permissions.list();
        if projects.len() > FILTERED_LOOKUPS {
            return self.read_until_found(list, projects).await;
        }
        for project_id in projects {
            let filtered = list.clone().project_id(project_id).prefetch(false);
            self.read_until_found(filtered, std::slice::from_ref(project_id))
                .await?;
        }
        Ok(())
    }

    async fn read_until_found(&mut self, list: List, projects: &[ProjectId]) -> Result<(), Error> {
        let list = list.with_options(self.options.within(self.deadline));
        let mut pages = list.pages();
        let is_missing =
            |found: &HashMap<_, Option<_>>| projects.iter().any(|it| found[it].is_none());
        while is_missing(&self.found)
            && let Some(page) = pages.next().await
        {
            self.record(page?.into_data());
        }
        Ok(())
    }

    /// Records the permissions of the requested projects. Ignores other projects in the response.
    fn record(&mut self, permissions: impl IntoIterator<Item = Permission>) {
        for permission in permissions {
            if let Some(found) = self.found.get_mut(&permission.project_id) {
                found.get_or_insert(permission);
            }
        }
    }

    fn retain_missing(&self, projects: &mut Vec<ProjectId>) {
        projects.retain(|project_id| self.found[project_id].is_none());
    }

    /// Fails if the response does not confirm every project of the batch.
    fn check_complete(&self, missing: &[ProjectId]) -> Result<(), Error> {
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = missing.iter().take(5).map(ProjectId::as_str).collect();
        let more = match missing.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let reason = format!("the response does not confirm {}{more}", names.join(", "));
        let action = self.permissions.action(Action::Create);
        Err(Error::new(ErrorKind::Incomplete, action, reason))
    }
}
