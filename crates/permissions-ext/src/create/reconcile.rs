use super::CreateRequest;
use super::created::Created;
use super::projects::ProjectSet;
use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::list::List;
use crate::metadata::Metadata;
use crate::model::{Permission, ProjectId};
use crate::options::RequestOptions;
use crate::permissions::Permissions;
use crate::progress::BulkProgress;
use crate::transport::{Deadline, Fate, Retries};

/// Up to this many projects are looked up one by one. For more, the whole list is read.
const FILTERED_LOOKUPS: usize = 3;

/// Creates permissions in batches and reconciles after ambiguous failures.
///
/// Projects are identified by their index in `projects`, in ascending order.
pub(super) struct Reconciler<'a> {
    permissions: &'a Permissions,
    options: &'a RequestOptions,
    deadline: Deadline,
    projects: ProjectSet,
    /// The permission of each project, once it is known to exist.
    found: Vec<Option<Permission>>,
    /// For each project whether it had a permission before. `None` without `read_first`.
    existed: Option<Vec<bool>>,
    metadata: Metadata,
}

impl<'a> Reconciler<'a> {
    pub(super) fn new(
        permissions: &'a Permissions,
        options: &'a RequestOptions,
        projects: ProjectSet,
    ) -> Self {
        Self {
            permissions,
            options,
            deadline: permissions.client().transport().deadline(options),
            found: vec![None; projects.len()],
            existed: None,
            projects,
            metadata: Metadata::default(),
        }
    }

    pub(super) async fn run(
        &mut self,
        batch_size: usize,
        read_first: bool,
        progress: &BulkProgress,
    ) -> Result<(), Error> {
        let mut missing: Vec<usize> = (0..self.projects.len()).collect();
        if read_first {
            self.read(&missing).await?;
            self.existed = Some(self.found.iter().map(Option::is_some).collect());
            self.retain_missing(&mut missing);
        }
        let batches = missing.chunks(batch_size);
        progress.set_total(batches.len());
        for batch in batches {
            self.create(batch.to_vec()).await?;
            progress.advance();
        }
        Ok(())
    }

    pub(super) fn into_created(self) -> Created {
        let is_new = self.existed.map(|existed| {
            let found = self.found.iter().zip(existed);
            found
                .filter(|(permission, _)| permission.is_some())
                .map(|(_, existed)| !existed)
                .collect()
        });
        Created {
            permissions: self.found.into_iter().flatten().collect(),
            is_new,
            metadata: self.metadata,
        }
    }

    /// Creates one batch. After an ambiguous failure, reads which permissions exist before the next attempt, and once
    /// more before the call fails.
    async fn create(&mut self, mut missing: Vec<usize>) -> Result<(), Error> {
        let transport = self.permissions.client().transport();
        let mut retries = Retries::new(transport, self.options, self.deadline);
        loop {
            let request = CreateRequest {
                checkpoint: self.permissions.checkpoint(),
                projects: &self.projects,
                batch: &missing,
            };
            let failure = match retries.attempt(&request).await {
                Ok(reply) => {
                    let permissions = reply.value.data.into_iter().map(Permission::from_api);
                    self.record(permissions, &missing);
                    self.metadata = reply.metadata;
                    return self.check_complete(missing);
                }
                Err(failure) => failure,
            };
            let is_ambiguous = failure.fate == Fate::Unknown;
            let verdict = retries.after(failure).await;
            if is_ambiguous {
                // Boxed, because most calls do not get here and would have a larger future.
                let read = Box::pin(self.read(&missing)).await;
                self.retain_missing(&mut missing);
                match (verdict, read) {
                    _ if missing.is_empty() => return Ok(()),
                    // The failure of the create is more useful than that of the list.
                    (Err(error), _) | (Ok(()), Err(error)) => return Err(error),
                    (Ok(()), Ok(())) => {}
                }
            } else {
                verdict?;
            }
        }
    }

    /// Reads which of these projects have a permission.
    async fn read(&mut self, projects: &[usize]) -> Result<(), Error> {
        let list = self.permissions.list();
        if projects.len() > FILTERED_LOOKUPS {
            return self.read_until_found(list, projects).await;
        }
        for index in projects {
            let project_id = self.projects.get(*index);
            let filtered = list.clone().project_id(project_id).prefetch(false);
            self.read_until_found(filtered, std::slice::from_ref(index))
                .await?;
        }
        Ok(())
    }

    async fn read_until_found(&mut self, list: List, projects: &[usize]) -> Result<(), Error> {
        let mut pages = list.pages_within(self.options, self.deadline);
        while let Some(page) = pages.next().await {
            self.record(page?.into_data(), projects);
            if projects.iter().all(|&index| self.found[index].is_some()) {
                break;
            }
        }
        Ok(())
    }

    /// Records the permissions of these projects. A response may contain other projects.
    fn record(&mut self, permissions: impl IntoIterator<Item = Permission>, projects: &[usize]) {
        for permission in permissions {
            let index = self.projects.index(&permission.project_id);
            if let Some(index) = index.filter(|index| projects.binary_search(index).is_ok()) {
                self.found[index].get_or_insert(permission);
            }
        }
    }

    fn retain_missing(&self, projects: &mut Vec<usize>) {
        projects.retain(|&index| self.found[index].is_none());
    }

    /// Fails if the response does not confirm every project of the batch.
    fn check_complete(&self, mut batch: Vec<usize>) -> Result<(), Error> {
        self.retain_missing(&mut batch);
        if batch.is_empty() {
            return Ok(());
        }
        let missing = batch.iter().map(|&index| self.projects.get(index));
        let names: Vec<&str> = missing.take(5).map(ProjectId::as_str).collect();
        let more = match batch.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let reason = format!("the response does not confirm {}{more}", names.join(", "));
        let action = Action::Create(self.permissions.checkpoint().clone());
        Err(Error::new(ErrorKind::Incomplete, action, reason))
    }
}
