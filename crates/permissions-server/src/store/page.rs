//! A page of permissions.

/// One permission, wherever it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permission<'a> {
    pub(crate) id: &'a str,
    pub(crate) project_id: &'a str,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
}

/// Permissions in one text: a page of a hundred takes two allocations, not two hundred.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    text: String,
    /// Where each one's two ids end in the text, and when it was created.
    ends: Vec<(usize, usize, i64)>,
    limit: usize,
    has_more: bool,
}

impl Page {
    /// An empty page for at most `limit` permissions.
    pub(super) fn new(limit: u32) -> Self {
        let limit = limit as usize;
        Self {
            // Ids of the usual length; longer ones make it grow.
            text: String::with_capacity(limit * 64),
            ends: Vec::with_capacity(limit),
            limit,
            has_more: false,
        }
    }

    /// Adds a permission that was found; one beyond the limit tells that there is more.
    pub(super) fn push(&mut self, found: Permission<'_>) {
        if self.ends.len() == self.limit {
            self.has_more = true;
            return;
        }
        self.text.push_str(found.id);
        let id_end = self.text.len();
        self.text.push_str(found.project_id);
        self.ends.push((id_end, self.text.len(), found.created_at));
    }

    pub(crate) fn has_more(&self) -> bool {
        self.has_more
    }

    pub(crate) fn permissions(&self) -> impl Iterator<Item = Permission<'_>> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&(id_end, project_end, created_at)| {
                let permission = Permission {
                    id: &self.text[start..id_end],
                    project_id: &self.text[id_end..project_end],
                    created_at,
                };
                start = project_end;
                permission
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_at_its_limit_and_tells_that_there_is_more() {
        let found = ["ü", "b", ""].map(|id| Permission {
            id,
            project_id: "proj",
            created_at: 7,
        });
        for (limit, has_more) in [(3, false), (2, true), (0, true)] {
            let mut page = Page::new(limit);
            found.iter().for_each(|found| page.push(*found));
            let kept: Vec<Permission<'_>> = page.permissions().collect();
            assert_eq!(kept, found[..limit as usize]);
            assert_eq!(page.has_more(), has_more);
        }
    }
}
