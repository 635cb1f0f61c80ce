//! No row is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn every_row_has_a_test_or_a_reason_to_have_none() {
    let tested = marked("Row");
    let without = without_a_meaning();
    assert_eq!(
        tested.intersection(&without).next(),
        None,
        "both tested and without a meaning"
    );
    let all: BTreeSet<u32> = tested.union(&without).copied().collect();
    assert_eq!(all, (1..=85).collect());
}

#[test]
fn every_extra_has_a_test() {
    assert_eq!(marked("Extra"), (1..=20).chain([22, 23]).collect());
}

/// The numbers behind this word in the comments above tests.
fn marked(word: &str) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for folder in ["src", "tests"] {
        comments(&Path::new(CRATE).join(folder), &mut |comment| {
            for (at, _) in comment.match_indices(word) {
                let rest = comment[at + word.len()..].trim_start_matches('s');
                let end = rest.find(['.', ':', ';']).unwrap_or(rest.len());
                found.extend(
                    rest[..end]
                        .split([' ', ','])
                        .filter_map(|text| text.parse::<u32>().ok()),
                );
            }
        });
    }
    found
}

/// Calls with the text of each comment that begins with a mark.
fn comments(folder: &Path, tell: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            comments(&path, tell);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let lines = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("// "));
            lines
                .filter(|line| line.starts_with("Row") || line.starts_with("Extra"))
                .for_each(&mut *tell);
        }
    }
}

/// The numbers of the list in this folder's `mod.rs`.
fn without_a_meaning() -> BTreeSet<u32> {
    let list = fs::read_to_string(Path::new(CRATE).join("tests/broken_world/checklist/mod.rs"));
    let list = list.unwrap();
    let items = list
        .lines()
        .filter_map(|line| line.strip_prefix("//! - ")?.split(':').next());
    items
        .flat_map(|numbers| numbers.split(", "))
        .map(|number| number.parse().unwrap())
        .collect()
}
