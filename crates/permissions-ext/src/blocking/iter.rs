use std::fmt;

use super::runtime::Runtime;
use crate::{Error, Page, PageStream, Permission};

/// The pages of a list; made by [`List::pages`](super::List::pages). Ends after an error.
pub struct PageIter {
    /// None after an error.
    pages: Option<PageStream>,
    runtime: Runtime,
}

/// The permissions of a list over all its pages; made by [`List::stream`](super::List::stream).
///
/// Complete, or an error: whatever goes wrong comes as an error after the permissions before it, and then it ends.
pub struct PermissionIter {
    pages: PageIter,
    items: std::vec::IntoIter<Permission>,
}

impl PageIter {
    pub(super) fn new(pages: PageStream, runtime: Runtime) -> Self {
        Self {
            pages: Some(pages),
            runtime,
        }
    }
}

impl PermissionIter {
    pub(super) fn new(pages: PageIter) -> Self {
        Self {
            pages,
            items: Vec::new().into_iter(),
        }
    }
}

impl Iterator for PageIter {
    type Item = Result<Page, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pages = self.pages.take()?;
        let step = self.runtime.run(async move {
            let page = pages.next().await;
            (pages, page)
        });
        match step {
            Ok((pages, page)) => {
                self.pages = Some(pages);
                page
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl Iterator for PermissionIter {
    type Item = Result<Permission, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(permission) = self.items.next() {
                return Some(Ok(permission));
            }
            match self.pages.next()? {
                Ok(page) => self.items = page.into_data().into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for PageIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageIter")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PermissionIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermissionIter")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}
