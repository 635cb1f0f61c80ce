use super::Post;
use super::created::Created;
use super::origin::{Judge, Origin};
use super::wanted::Wanted;
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
///
/// Projects are spoken of by their places among the wanted ones, in ascending order.
pub(super) struct Settling<'a> {
    permissions: &'a Permissions,
    options: &'a CallOptions,
    deadline: Deadline,
    wanted: Wanted,
    /// One for each wanted project.
    settled: Vec<Option<(Permission, Origin)>>,
    judge: Judge<'a>,
    metadata: Metadata,
}

impl<'a> Settling<'a> {
    pub(super) fn new(
        permissions: &'a Permissions,
        options: &'a CallOptions,
        wanted: Wanted,
    ) -> Self {
        let transport = permissions.client().transport();
        Self {
            permissions,
            options,
            deadline: transport.deadline(options),
            settled: std::iter::repeat_with(|| None).take(wanted.len()).collect(),
            wanted,
            judge: Judge::new(&transport.seen),
            metadata: Metadata::default(),
        }
    }

    pub(super) async fn settle(
        &mut self,
        batch_size: usize,
        read_first: bool,
    ) -> Result<(), Error> {
        let mut missing: Vec<usize> = (0..self.wanted.len()).collect();
        if read_first {
            self.judge.knows(Origin::Before);
            self.read(&missing).await?;
            self.judge.knows(Origin::ThisCall);
            self.drop_settled(&mut missing);
        }
        for batch in missing.chunks(batch_size) {
            self.post(batch.to_vec()).await?;
        }
        Ok(())
    }

    pub(super) fn into_created(self) -> Created {
        let permissions = self.settled.into_iter().flatten().collect();
        Created::new(permissions, self.judge.into_clocks(), self.metadata)
    }

    /// Asks for one batch until all of it is in place. Between two requests it is read what the first one did, where
    /// that is not known, and once more before giving up: it may have done everything.
    async fn post(&mut self, mut missing: Vec<usize>) -> Result<(), Error> {
        let transport: &'a Transport = self.permissions.client().transport();
        let mut retries = Retries::new(transport, self.options, self.deadline);
        loop {
            let request = Post {
                checkpoint: self.permissions.checkpoint(),
                wanted: &self.wanted,
                places: &missing,
            };
            let failure = match retries.attempt(&request).await {
                Ok(reply) => {
                    self.take(reply.value.data, &missing, &reply.metadata);
                    self.metadata = reply.metadata;
                    return self.check_complete(missing);
                }
                Err(failure) => failure,
            };
            let unknown = failure.fate == Fate::Unknown;
            let verdict = retries.after(failure).await;
            if unknown {
                // In a box, as every create would carry the room for it otherwise.
                let read = Box::pin(self.read(&missing)).await;
                self.drop_settled(&mut missing);
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
    async fn read(&mut self, asked: &[usize]) -> Result<(), Error> {
        let list = self.permissions.list();
        if asked.len() > LOOKED_UP_ONE_BY_ONE {
            return self.read_until_found(list, asked).await;
        }
        for place in asked {
            let project_id = self.wanted.get(*place).clone();
            let one = list.clone().project_id(project_id).prefetch(false);
            self.read_until_found(one, std::slice::from_ref(place))
                .await?;
        }
        Ok(())
    }

    async fn read_until_found(&mut self, list: List, asked: &[usize]) -> Result<(), Error> {
        let mut pages = list.pages_until(self.options, self.deadline);
        while let Some(page) = pages.next().await {
            let page = page?;
            let metadata = page.metadata().clone();
            self.take(page.into_data(), asked, &metadata);
            if asked.iter().all(|&place| self.settled[place].is_some()) {
                break;
            }
        }
        Ok(())
    }

    /// Notes the permissions of these projects. What an answer holds beyond them is none of this call's business.
    fn take(&mut self, permissions: Vec<Permission>, asked: &[usize], answer: &Metadata) {
        self.judge.answered(answer);
        for permission in permissions {
            let place = self
                .wanted
                .place(&permission.project_id)
                .filter(|place| asked.binary_search(place).is_ok());
            if let Some(place) = place {
                let origin = self.judge.origin(&permission);
                self.settled[place].get_or_insert((permission, origin));
            }
        }
    }

    fn drop_settled(&self, places: &mut Vec<usize>) {
        places.retain(|&place| self.settled[place].is_none());
    }

    fn check_complete(&self, mut asked: Vec<usize>) -> Result<(), Error> {
        self.drop_settled(&mut asked);
        if asked.is_empty() {
            return Ok(());
        }
        let missing = asked.iter().map(|&place| self.wanted.get(place));
        let names: Vec<&str> = missing.take(5).map(ProjectId::as_str).collect();
        let more = asked.len().saturating_sub(names.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let reason = format!("the answer does not cover {}{more}", names.join(", "));
        let action = Action::Create(self.permissions.checkpoint().clone());
        Err(Error::new(Kind::Incomplete, action, reason))
    }
}
