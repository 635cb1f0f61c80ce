use std::collections::HashMap;

use super::Post;
use super::created::{Created, Origin};
use crate::action::Action;
use crate::error::Kind;
use crate::metadata::Metadata;
use crate::options::CallOptions;
use crate::transport::{Deadline, Fate, Retries, Transport};
use crate::{Error, Permission, Permissions, ProjectId};

/// Up to so many projects are looked up one by one; for more, the whole list is read.
const LOOKED_UP_ONE_BY_ONE: usize = 3;

/// A create on its way: which projects have their permission already.
pub(super) struct Settling<'a> {
    permissions: &'a Permissions,
    options: &'a CallOptions,
    deadline: Deadline,
    wanted: &'a [ProjectId],
    settled: HashMap<ProjectId, (Permission, Origin)>,
    metadata: Metadata,
}

impl<'a> Settling<'a> {
    pub(super) fn new(
        permissions: &'a Permissions,
        options: &'a CallOptions,
        wanted: &'a [ProjectId],
    ) -> Self {
        let deadline = permissions.client().transport().deadline(options);
        Self {
            permissions,
            options,
            deadline,
            wanted,
            settled: HashMap::new(),
            metadata: Metadata::default(),
        }
    }

    pub(super) async fn settle(
        &mut self,
        batch_size: usize,
        read_first: bool,
    ) -> Result<(), Error> {
        if read_first {
            self.read(self.wanted, Origin::Before).await?;
        }
        for batch in self.missing(self.wanted).chunks(batch_size) {
            self.post(batch).await?;
        }
        Ok(())
    }

    pub(super) fn into_created(self) -> Created {
        Created::new(self.wanted, self.settled, self.metadata)
    }

    /// Asks for one batch until all of it is in place. Between two requests it is read what the first one did, where
    /// that is not known, and once more before giving up: it may have done everything.
    async fn post(&mut self, batch: &[ProjectId]) -> Result<(), Error> {
        let transport: &'a Transport = self.permissions.client().transport();
        let mut retries = Retries::new(transport, self.options, self.deadline);
        let mut missing = batch.to_vec();
        loop {
            let request = Post {
                checkpoint: self.permissions.checkpoint(),
                project_ids: &missing,
            };
            let failure = match retries.attempt(&request).await {
                Ok(reply) => {
                    self.metadata = reply.metadata;
                    self.take(reply.value.data, &missing, Origin::ThisCall);
                    return self.check_complete(&missing);
                }
                Err(failure) => failure,
            };
            let unknown = failure.fate == Fate::Unknown;
            let verdict = retries.after(failure).await;
            if unknown {
                let read = self.read(&missing, Origin::ThisCall).await;
                missing = self.missing(&missing);
                match (verdict, read) {
                    _ if missing.is_empty() => return Ok(()),
                    // The reason why nothing was created is worth more than the one why that could not be seen.
                    (Err(error), _) | (Ok(()), Err(error)) => return Err(error),
                    (Ok(()), Ok(())) => {}
                }
            } else {
                verdict?;
            }
        }
    }

    /// Reads which of these projects have their permission.
    async fn read(&mut self, project_ids: &[ProjectId], origin: Origin) -> Result<(), Error> {
        if project_ids.len() <= LOOKED_UP_ONE_BY_ONE {
            for project_id in project_ids {
                let mut list = self
                    .permissions
                    .list()
                    .project_id(project_id.clone())
                    .prefetch(false)
                    .stream_until(self.options, self.deadline);
                while let Some(permission) = list.next().await {
                    self.take(vec![permission?], std::slice::from_ref(project_id), origin);
                    if self.settled.contains_key(project_id) {
                        break;
                    }
                }
            }
            return Ok(());
        }
        let mut pages = self
            .permissions
            .list()
            .pages_until(self.options, self.deadline);
        while let Some(page) = pages.next().await {
            self.take(page?.into_data(), project_ids, origin);
            if self.missing(project_ids).is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Notes the permissions of these projects. What an answer holds beyond them is none of this call's business.
    fn take(&mut self, permissions: Vec<Permission>, asked: &[ProjectId], origin: Origin) {
        for permission in permissions {
            if asked.contains(&permission.project_id) {
                self.settled
                    .entry(permission.project_id.clone())
                    .or_insert((permission, origin));
            }
        }
    }

    fn missing(&self, project_ids: &[ProjectId]) -> Vec<ProjectId> {
        project_ids
            .iter()
            .filter(|project_id| !self.settled.contains_key(*project_id))
            .cloned()
            .collect()
    }

    fn check_complete(&self, project_ids: &[ProjectId]) -> Result<(), Error> {
        let missing = self.missing(project_ids);
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = missing.iter().take(5).map(ProjectId::as_str).collect();
        let more = missing.len().saturating_sub(names.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let reason = format!("the answer does not cover {}{more}", names.join(", "));
        Err(Error::new(
            Kind::Incomplete,
            Action::Create(self.permissions.checkpoint().clone()),
            reason,
        ))
    }
}
