use std::ops::Deref;

use super::runtime::Runtime;
use crate::options::RequestOptions;
use crate::{Error, Order, Permission, PermissionId, Position, ProjectId};

/// A list to be asked for, as [`List`](crate::List): iterate over it, or take it by [`pages`](Self::pages).
#[derive(Clone, Debug)]
#[must_use = "a list is asked for by `stream`, `pages` or `send`"]
pub struct List {
    inner: crate::List,
    runtime: Runtime,
}

/// The permissions of a list over all its pages, as [`PermissionStream`](crate::PermissionStream).
#[derive(Debug)]
#[must_use = "an iterator does nothing unless it is asked"]
pub struct PermissionStream {
    inner: crate::PermissionStream,
    runtime: Runtime,
    ended: bool,
}

/// The pages of a list, as [`PageStream`](crate::PageStream).
#[derive(Debug)]
#[must_use = "an iterator does nothing unless it is asked"]
pub struct PageStream {
    inner: crate::PageStream,
    runtime: Runtime,
    ended: bool,
}

/// One page of a list, as [`Page`](crate::Page).
#[derive(Debug)]
#[must_use]
pub struct Page {
    inner: crate::Page,
    runtime: Runtime,
}

impl List {
    pub(super) fn new(inner: crate::List, runtime: Runtime) -> Self {
        Self { inner, runtime }
    }

    forward!(List {
        page_size(permissions: u32);
        max_items(permissions: u64);
        after(permission_id: PermissionId);
        order(order: Order);
        project_id(project_id: ProjectId);
        prefetch(ahead: bool);
        resume(position: &Position);
        options(options: RequestOptions);
    });

    /// Permission by permission, over all pages.
    pub fn stream(self) -> PermissionStream {
        PermissionStream {
            inner: self.inner.stream(),
            runtime: self.runtime,
            ended: false,
        }
    }

    /// Page by page.
    pub fn pages(self) -> PageStream {
        PageStream {
            inner: self.inner.pages(),
            runtime: self.runtime,
            ended: false,
        }
    }

    /// One page; the others follow with [`Page::next`].
    ///
    /// # Errors
    ///
    /// As [`List::send`](crate::List::send), and where waiting is not allowed.
    pub fn send(self) -> Result<Page, Error> {
        let inner = self.runtime.wait(self.inner.send())?;
        Ok(Page {
            inner,
            runtime: self.runtime,
        })
    }
}

impl IntoIterator for List {
    type Item = Result<Permission, Error>;
    type IntoIter = PermissionStream;

    fn into_iter(self) -> Self::IntoIter {
        self.stream()
    }
}

impl PermissionStream {
    /// Where this has got to: keep it, and go on later with [`List::resume`].
    #[must_use]
    pub fn position(&self) -> Position {
        self.inner.position()
    }

    /// As [`PermissionStream::repeated`](crate::PermissionStream::repeated).
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.inner.repeated()
    }
}

impl Iterator for PermissionStream {
    type Item = Result<Permission, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if let Some(permission) = self.inner.take_fetched() {
            return Some(Ok(permission));
        }
        let inner = &mut self.inner;
        let next = self.runtime.wait(async { inner.next().await.transpose() });
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl Iterator for PageStream {
    type Item = Result<Page, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let inner = &mut self.inner;
        let next = self.runtime.wait(async { inner.next().await.transpose() });
        self.ended = !matches!(next, Ok(Some(_)));
        let runtime = self.runtime.clone();
        next.map(|page| page.map(|inner| Page { inner, runtime }))
            .transpose()
    }
}

impl Page {
    /// Takes the permissions out.
    #[must_use]
    pub fn into_data(self) -> Vec<Permission> {
        self.inner.into_data()
    }

    /// The next page; none, and no request, after the last one.
    ///
    /// # Errors
    ///
    /// As [`Page::next`](crate::Page::next), and where waiting is not allowed.
    pub fn next(&self) -> Result<Option<Self>, Error> {
        let next = self.runtime.wait(self.inner.next())?;
        Ok(next.map(|inner| Self {
            inner,
            runtime: self.runtime.clone(),
        }))
    }
}

/// What a page can tell without asking for another.
impl Deref for Page {
    type Target = crate::Page;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}
