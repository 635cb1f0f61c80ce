use std::collections::HashMap;

use crate::model::ProjectId;

/// Up to this many projects are compared one by one, which is faster than a hash map.
const FEW: usize = 8;

/// The projects of a create without duplicates, in the order of the request.
#[derive(Debug)]
pub(super) struct ProjectSet {
    project_ids: Vec<ProjectId>,
    /// Index of each project. Empty for few projects.
    indices: HashMap<ProjectId, usize>,
}

impl ProjectSet {
    pub(super) fn new(mut project_ids: Vec<ProjectId>) -> Self {
        let mut indices = HashMap::new();
        if project_ids.len() > FEW {
            project_ids.retain(|project_id| {
                let index = indices.len();
                let is_new = !indices.contains_key(project_id);
                if is_new {
                    indices.insert(project_id.clone(), index);
                }
                is_new
            });
        } else {
            let mut index = 0;
            while index < project_ids.len() {
                if project_ids[..index].contains(&project_ids[index]) {
                    project_ids.remove(index);
                } else {
                    index += 1;
                }
            }
        }
        Self {
            project_ids,
            indices,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.project_ids.len()
    }

    pub(super) fn get(&self, index: usize) -> &ProjectId {
        &self.project_ids[index]
    }

    /// Returns the index of a project.
    pub(super) fn index(&self, project_id: &ProjectId) -> Option<usize> {
        if self.indices.is_empty() {
            self.project_ids.iter().position(|own| own == project_id)
        } else {
            self.indices.get(project_id).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn project_set_keeps_order_and_drops_duplicates(
            numbers in prop::collection::vec(0_u8..20, 0..40),
        ) {
            let project = |number: u8| -> ProjectId { format!("proj_{number}").parse().unwrap() };
            let set = ProjectSet::new(numbers.iter().copied().map(project).collect());
            let mut expected: Vec<ProjectId> = Vec::new();
            for number in numbers {
                if !expected.contains(&project(number)) {
                    expected.push(project(number));
                }
            }
            prop_assert_eq!(&set.project_ids, &expected);
            for number in 0..20 {
                let index = expected.iter().position(|own| *own == project(number));
                prop_assert_eq!(set.index(&project(number)), index);
            }
        }
    }
}
