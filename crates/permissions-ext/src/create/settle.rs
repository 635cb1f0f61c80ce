use std::borrow::Cow;
use std::collections::HashMap;

use super::Post;
use super::created::Created;
use super::origin::{Judge, Origin};
use crate::action::Action;
use crate::error::Kind;
use crate::list::List;
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
    judge: Judge<'a>,
    metadata: Metadata,
}

impl<'a> Settling<'a> {
    pub(super) fn new(
        permissions: &'a Permissions,
        options: &'a CallOptions,
        wanted: &'a [ProjectId],
    ) -> Self {
        let transport = permissions.client().transport();
        Self {
            permissions,
            options,
            deadline: transport.deadline(options),
            wanted,
            settled: HashMap::new(),
            judge: Judge::new(&transport.seen),
            metadata: Metadata::default(),
        }
    }

    pub(super) async fn settle(
        &mut self,
        batch_size: usize,
        read_first: bool,
    ) -> Result<(), Error> {
        if read_first {
            self.judge.knows(Origin::Before);
            self.read(self.wanted).await?;
            self.judge.knows(Origin::ThisCall);
        }
        let missing = if read_first {
            Cow::Owned(self.missing(self.wanted))
        } else {
            Cow::Borrowed(self.wanted)
        };
        for batch in missing.chunks(batch_size) {
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
        let mut missing = Cow::Borrowed(batch);
        loop {
            let request = Post {
                checkpoint: self.permissions.checkpoint(),
                project_ids: &missing,
            };
            let failure = match retries.attempt(&request).await {
                Ok(reply) => {
                    self.take(reply.value.data, &missing, &reply.metadata);
                    self.metadata = reply.metadata;
                    return self.check_complete(&missing);
                }
                Err(failure) => failure,
            };
            let unknown = failure.fate == Fate::Unknown;
            let verdict = retries.after(failure).await;
            if unknown {
                let read = self.read(&missing).await;
                missing = Cow::Owned(self.missing(&missing));
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
    async fn read(&mut self, project_ids: &[ProjectId]) -> Result<(), Error> {
        let list = self.permissions.list();
        if project_ids.len() > LOOKED_UP_ONE_BY_ONE {
            return self.read_until_found(list, project_ids).await;
        }
        for project_id in project_ids {
            let one = list.clone().project_id(project_id.clone()).prefetch(false);
            self.read_until_found(one, std::slice::from_ref(project_id))
                .await?;
        }
        Ok(())
    }

    async fn read_until_found(
        &mut self,
        list: List,
        project_ids: &[ProjectId],
    ) -> Result<(), Error> {
        let mut pages = list.pages_until(self.options, self.deadline);
        while let Some(page) = pages.next().await {
            let page = page?;
            let metadata = page.metadata().clone();
            self.take(page.into_data(), project_ids, &metadata);
            if self.missing(project_ids).is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Notes the permissions of these projects. What an answer holds beyond them is none of this call's business.
    fn take(&mut self, permissions: Vec<Permission>, asked: &[ProjectId], answer: &Metadata) {
        let start = self.judge.start(answer);
        for permission in permissions {
            if asked.contains(&permission.project_id) {
                let origin = self.judge.origin(&permission, start);
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
