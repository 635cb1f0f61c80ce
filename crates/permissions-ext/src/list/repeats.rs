//! Rows that moved from one page onto the next while the list was read.

use crate::{Permission, PermissionId};

/// What is kept of a page to recognise its items on the next one.
///
/// Rows that shift show the end of one page again at the start of the next, so the last item is what to look for:
/// one comparison for each item where nothing moved. What comes before it counts as seen only where all of it was.
#[derive(Clone, Default)]
pub(super) struct Repeats {
    last: Option<PermissionId>,
    fingerprints: Vec<u64>,
}

impl Repeats {
    /// Takes off a page what the page before it had shown, and says how many items that was.
    pub(super) fn take_off(&mut self, data: &mut Vec<Permission>) -> usize {
        let repeated = self.repeated(data);
        self.fingerprints.clear();
        self.fingerprints
            .extend(data.iter().map(|permission| fingerprint(&permission.id)));
        if let Some(last) = data.last() {
            self.last = Some(last.id.clone());
        }
        data.drain(..repeated);
        repeated
    }

    fn repeated(&self, data: &[Permission]) -> usize {
        let Some(last) = &self.last else { return 0 };
        let Some(at) = data.iter().position(|permission| permission.id == *last) else {
            return 0;
        };
        let known =
            |permission: &Permission| self.fingerprints.contains(&fingerprint(&permission.id));
        if data[..at].iter().all(known) {
            at + 1
        } else {
            0
        }
    }
}

/// The end of an id, which is its random part.
fn fingerprint(id: &PermissionId) -> u64 {
    let bytes = id.as_str().as_bytes();
    let end = &bytes[bytes.len().saturating_sub(8)..];
    end.iter().fold(bytes.len() as u64, |hash, byte| {
        hash.rotate_left(8) ^ u64::from(*byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: &[&str]) -> Vec<Permission> {
        let json: Vec<_> = ids
            .iter()
            .map(|id| serde_json::json!({"object": "checkpoint.permission", "id": id, "created_at": 1, "project_id": "p"}))
            .collect();
        serde_json::from_value(json.into()).unwrap()
    }

    fn second(first: &[&str], second: &[&str]) -> (usize, Vec<String>) {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.take_off(&mut page(first)), 0);
        let mut data = page(second);
        let count = repeats.take_off(&mut data);
        (
            count,
            data.into_iter()
                .map(|permission| permission.id.to_string())
                .collect(),
        )
    }

    #[test]
    fn rows_that_moved_onto_the_next_page_are_taken_off() {
        assert_eq!(
            second(&["cp_a", "cp_b", "cp_c"], &["cp_b", "cp_c", "cp_d"]),
            (2, vec!["cp_d".into()])
        );
        assert_eq!(second(&["cp_a"], &["cp_a"]), (1, vec![]));
    }

    #[test]
    fn nothing_is_taken_off_that_was_not_shown() {
        assert_eq!(second(&["cp_a", "cp_b"], &["cp_c", "cp_d"]).0, 0);
        assert_eq!(second(&["cp_a", "cp_b"], &["cp_x", "cp_b", "cp_c"]).0, 0);
    }
}
