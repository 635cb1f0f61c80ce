use std::sync::Arc;

use super::cursor::{self, CursorGuard};
use super::repeats::Repeats;
use super::{List, ListPage, Page};
use crate::error::Kind;
use crate::transport::Deadline;
use crate::{Error, Event, PermissionId};

/// The way through the pages of a list: where the next one starts, and what the ones before it showed.
#[derive(Clone)]
pub(super) struct Walk {
    list: Arc<List>,
    deadline: Deadline,
    next: Next,
    guard: CursorGuard,
    repeats: Repeats,
    remaining: Option<u64>,
    start_at: Option<PermissionId>,
}

/// What a step leads to.
pub(super) type Step = Result<Option<(Page, Box<Walk>)>, Error>;

#[derive(Clone)]
enum Next {
    Start,
    After(PermissionId),
    /// The pages so far leave no sound way on.
    Lost(&'static str),
    End,
}

impl Walk {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let mut guard = CursorGuard::default();
        let next = match &list.query.after {
            _ if list.is_finished() => Next::End,
            Some(after) => {
                guard.is_new(after);
                Next::After(after.clone())
            }
            None => Next::Start,
        };
        Self {
            deadline: deadline.unwrap_or_else(|| {
                list.permissions
                    .client()
                    .transport()
                    .deadline(&list.options)
            }),
            next,
            guard,
            repeats: Repeats::default(),
            remaining: list.max_items,
            start_at: list.start_at().cloned(),
            list,
        }
    }

    /// Whether there is nothing more to fetch.
    pub(super) fn is_finished(&self) -> bool {
        matches!(self.next, Next::End) || self.remaining == Some(0)
    }

    /// Whether everything has been listed.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.next, Next::End)
    }

    /// The cursor of the next page.
    pub(super) fn after(&self) -> Option<&PermissionId> {
        match &self.next {
            Next::After(cursor) => Some(cursor),
            Next::Start | Next::Lost(_) | Next::End => None,
        }
    }

    /// The first page, which there always is.
    pub(super) async fn first(mut self) -> Result<Page, Error> {
        let page = self.fetch().await?;
        Ok(Page {
            rest: Box::new(self),
            ..page
        })
    }

    /// One page further, and the way on from there; none at the end.
    pub(super) async fn step(mut self: Box<Self>) -> Step {
        if self.is_finished() {
            return Ok(None);
        }
        let page = self.fetch().await?;
        Ok(Some((page, self)))
    }

    async fn fetch(&mut self) -> Result<Page, Error> {
        if let Next::Lost(reason) = self.next {
            return Err(Error::new(Kind::Pagination, self.list.action(), reason));
        }
        let list = self.list.clone();
        let request = ListPage {
            list: &list,
            after: self.after(),
            limit: self.limit(),
        };
        let transport = list.permissions.client().transport();
        let reply = transport
            .call(&request, &list.options, self.deadline)
            .await?;
        let mut answer = reply.value;
        let after = self.after().cloned();
        // A page that leads nowhere is still a page: its items count, and the error comes in place of the next.
        self.next = match cursor::next(&answer) {
            Ok(Some(cursor)) if self.guard.is_new(&cursor) => Next::After(cursor),
            Ok(Some(_)) => {
                Next::Lost("a cursor came back, so the pages would go round in circles for ever")
            }
            Ok(None) => Next::End,
            Err(_) if list.query.page_size == 0 => {
                Next::Lost("a page size of 0 leads nowhere; set `page_size` to at least 1")
            }
            Err(reason) => Next::Lost(reason),
        };
        self.skip_to_start(&mut answer.data);
        let repeated = self.repeats.take_off(&mut answer.data);
        if repeated > 0 {
            tracing::warn!(
                repeated,
                "rows moved while the list was read; what was shown before is left out"
            );
        }
        self.cut(&mut answer.data);
        transport.observer.tell(&Event::Page {
            checkpoint: list.permissions.checkpoint(),
            items: answer.data.len(),
            has_more: answer.has_more,
        });
        Ok(Page {
            data: answer.data,
            first_id: answer.first_id,
            last_id: answer.last_id,
            has_more: answer.has_more,
            repeated,
            metadata: reply.metadata,
            after,
            rest: Box::new(self.without_memory()),
        })
    }

    fn limit(&self) -> u32 {
        let page_size = self.list.query.page_size;
        self.remaining.map_or(page_size, |left| {
            page_size.min(u32::try_from(left).unwrap_or(u32::MAX))
        })
    }

    /// Where a saved position points into this page, the items before it have been listed already.
    fn skip_to_start(&mut self, data: &mut Vec<crate::Permission>) {
        if let Some(start) = self.start_at.take()
            && let Some(at) = data.iter().position(|permission| permission.id == start)
        {
            data.drain(..at);
        }
    }

    /// Holds a list to its most items.
    fn cut(&mut self, data: &mut Vec<crate::Permission>) {
        if let Some(left) = &mut self.remaining {
            let most = usize::try_from(*left).unwrap_or(usize::MAX);
            if data.len() > most {
                data.truncate(most);
                self.next = data
                    .last()
                    .map_or(Next::Start, |last| Next::After(last.id.clone()));
            }
            *left -= data.len() as u64;
        }
    }

    /// The same way without what it remembers of earlier pages.
    fn without_memory(&self) -> Self {
        Self {
            list: self.list.clone(),
            deadline: self.deadline,
            next: self.next.clone(),
            guard: CursorGuard::default(),
            repeats: Repeats::default(),
            remaining: self.remaining,
            start_at: None,
        }
    }
}
