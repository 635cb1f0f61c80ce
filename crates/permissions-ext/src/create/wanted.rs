use std::collections::HashMap;

use crate::ProjectId;

/// Up to so many projects are compared one by one, which is sooner done than hashing one of them.
const FEW: usize = 8;

/// The projects that a create names, each once and in the order given.
#[derive(Debug)]
pub(super) struct Wanted {
    project_ids: Vec<ProjectId>,
    /// Where each is, where they are many.
    places: HashMap<ProjectId, usize>,
}

impl Wanted {
    pub(super) fn new(mut project_ids: Vec<ProjectId>) -> Self {
        let mut places = HashMap::new();
        if project_ids.len() > FEW {
            project_ids.retain(|project_id| {
                let place = places.len();
                let is_new = !places.contains_key(project_id);
                if is_new {
                    places.insert(project_id.clone(), place);
                }
                is_new
            });
        } else {
            let mut place = 0;
            while place < project_ids.len() {
                if project_ids[..place].contains(&project_ids[place]) {
                    project_ids.remove(place);
                } else {
                    place += 1;
                }
            }
        }
        Self {
            project_ids,
            places,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.project_ids.len()
    }

    pub(super) fn get(&self, place: usize) -> &ProjectId {
        &self.project_ids[place]
    }

    /// Where a project is among them.
    pub(super) fn place(&self, project_id: &ProjectId) -> Option<usize> {
        if self.places.is_empty() {
            self.project_ids.iter().position(|own| own == project_id)
        } else {
            self.places.get(project_id).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_project_is_there_once_in_the_order_given_and_found_where_it_is(
            numbers in prop::collection::vec(0_u8..20, 0..40),
        ) {
            let project = |number: u8| -> ProjectId { format!("proj_{number}").parse().unwrap() };
            let wanted = Wanted::new(numbers.iter().copied().map(project).collect());
            let mut expected: Vec<ProjectId> = Vec::new();
            for number in numbers {
                if !expected.contains(&project(number)) {
                    expected.push(project(number));
                }
            }
            prop_assert_eq!(&wanted.project_ids, &expected);
            for number in 0..20 {
                let place = expected.iter().position(|own| *own == project(number));
                prop_assert_eq!(wanted.place(&project(number)), place);
            }
        }
    }
}
