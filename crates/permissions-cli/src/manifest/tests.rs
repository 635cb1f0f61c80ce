use super::parse::parse;
use super::update::update;
use super::variables::{escape, expand};
use super::*;
use proptest::prelude::*;

const TEXT: &str = "\
# Reviewed every quarter.
[checkpoints]
# The forecast model.
\"ft:gpt-4o:acme\" = [
    \"proj_a\", # the pilot
    \"${PROJECT}\",
]
\"ft:gpt-4o:old\" = [\"proj_a\", \"proj_b\"]
";

fn lookup(name: &str) -> Option<String> {
    (name == "PROJECT").then(|| "proj_from_env".to_owned())
}

fn live(checkpoints: &[(&str, &[&str])]) -> BTreeMap<CheckpointId, Vec<ProjectId>> {
    checkpoints
        .iter()
        .map(|(checkpoint, projects)| {
            let projects = projects.iter().map(|id| id.parse().unwrap());
            (checkpoint.parse().unwrap(), projects.collect())
        })
        .collect()
}

#[test]
fn variables_stand_for_ids() {
    let entries = parse(TEXT, &lookup).unwrap();

    assert_eq!(entries[0].projects[1].id.as_str(), "proj_from_env");
}

#[test]
fn an_update_keeps_comments_order_and_variables() {
    let entries = parse(TEXT, &lookup).unwrap();
    let live = live(&[
        ("ft:gpt-4o:acme", &["proj_c", "proj_from_env", "proj_a"]),
        ("ft:gpt-4o:old", &["proj_b"]),
        ("ft:gpt-4o:new", &["proj_x", "proj_y"]),
    ]);
    let new = "ft:gpt-4o:new".parse().unwrap();

    let text = update(TEXT, &entries, &live, &[&new]).unwrap();

    assert_eq!(
        text,
        "\
# Reviewed every quarter.
[checkpoints]
# The forecast model.
\"ft:gpt-4o:acme\" = [
    \"proj_a\", # the pilot
    \"${PROJECT}\",
    \"proj_c\",
]
\"ft:gpt-4o:old\" = [\"proj_b\"]
\"ft:gpt-4o:new\" = [
    \"proj_x\",
    \"proj_y\",
]
"
    );
}

#[test]
fn an_update_to_what_is_there_changes_nothing() {
    let entries = parse(TEXT, &lookup).unwrap();
    let live = live(&[
        ("ft:gpt-4o:acme", &["proj_from_env", "proj_a"]),
        ("ft:gpt-4o:old", &["proj_b", "proj_a"]),
    ]);

    assert_eq!(update(TEXT, &entries, &live, &[]).unwrap(), TEXT);
}

#[test]
fn every_mistake_is_found_with_its_place() {
    let text = "\
checkpoint = 1
[checkpoints]
\"ft:a\" = \"proj_a\"
\"ft:b\" = [\"..\", 3, \"proj_a\", \"proj_a\", \"${NOT_SET}\", \"$\"]
ft.c = []
\"\" = []
";

    let mistakes = parse(text, &lookup).unwrap_err();

    let told: Vec<String> = mistakes
        .into_iter()
        .map(|mistake| Problem::new(Path::new("permissions.toml"), text, mistake).text())
        .collect();
    insta::with_settings!({
        description => "every mistake of a manifest, as it is told",
        omit_expression => true,
    }, {
        insta::assert_snapshot!("mistakes", told.join("\n\n"));
    });
}

proptest! {
    #[test]
    fn what_is_escaped_is_expanded_to_itself(text in any::<String>()) {
        prop_assert_eq!(expand(&escape(&text), &lookup).unwrap(), text);
    }

    /// Whatever is in the file, the answer is a manifest or mistakes with places in it.
    #[test]
    fn no_text_is_too_strange(text in "[\\[\\]\"$={}a.#:\n é']{0,40}") {
        if let Err(mistakes) = parse(&text, &lookup) {
            for mistake in mistakes {
                let shown = Problem::new(Path::new("f"), &text, mistake).text();
                prop_assert!(shown.contains("f:"));
            }
        }
    }

    /// What is exported reads back as what was live.
    #[test]
    fn an_export_reads_back(ids in prop::collection::btree_map("[ -~é]{1,8}", prop::collection::btree_set("[ -~é]{1,8}", 0..4), 0..4)) {
        let ids: BTreeMap<CheckpointId, Vec<ProjectId>> = ids
            .into_iter()
            .filter_map(|(checkpoint, projects)| {
                let projects = projects.into_iter().filter_map(|id| id.parse().ok()).collect();
                Some((checkpoint.parse().ok()?, projects))
            })
            .collect();

        let entries = parse(&written(&ids).unwrap(), &lookup).unwrap();

        let back: BTreeMap<CheckpointId, Vec<ProjectId>> = entries
            .into_iter()
            .map(|entry| (entry.checkpoint, entry.projects.into_iter().map(|project| project.id).collect()))
            .collect();
        prop_assert_eq!(back, ids);
    }
}
