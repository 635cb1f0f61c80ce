use super::parse::{Parsed, UNUSUAL};
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

fn live(checkpoints: &[(&str, &[&str])]) -> DesiredState {
    let checkpoints = checkpoints.iter().map(|(checkpoint, projects)| {
        let projects = projects.iter().map(|id| id.parse().unwrap());
        (checkpoint.parse().unwrap(), projects)
    });
    checkpoints.collect()
}

fn parse(text: &str) -> Parsed {
    super::parse::parse(Path::new("permissions.toml"), text, &lookup)
}

#[test]
fn unusual_id_is_accepted_only_from_export() {
    let by_hand = parse("[checkpoints]\n\"proj_x\" = [\"cp_1\", \"proj a\"]\n");
    assert_eq!((by_hand.errors.len(), by_hand.warnings.len()), (3, 0));

    let live = live(&[("proj_x", &["cp_1", "proj a"])]);
    let exported = write(&live, &Names::default()).unwrap();
    assert_eq!(exported.matches(UNUSUAL).count(), 3, "{exported}");

    let parsed = parse(&exported);
    assert_eq!(
        (parsed.errors.len(), parsed.warnings.len()),
        (0, 3),
        "{exported}"
    );
}

#[test]
fn both_prefixes_of_checkpoints_are_valid() {
    let parsed = parse("[checkpoints]\n\"ft:a:b::c\" = []\n\"ft-abc123\" = []\n");

    assert_eq!((parsed.entries.len(), parsed.errors.len()), (2, 0));
}

#[test]
fn variable_in_id_is_replaced() {
    let entries = parse(TEXT).entries;

    assert_eq!(entries[0].items[1].id.as_str(), "proj_from_env");
}

#[test]
fn update_keeps_comments_order_and_variables() {
    let entries = parse(TEXT).entries;
    let live = live(&[
        ("ft:gpt-4o:acme", &["proj_c", "proj_from_env", "proj_a"]),
        ("ft:gpt-4o:old", &["proj_b"]),
        ("ft:gpt-4o:new", &["proj_x", "proj_y"]),
    ]);
    let new = "ft:gpt-4o:new".parse().unwrap();

    let text = update(TEXT, &entries, &live, &[&new], &Names::default()).unwrap();

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
fn update_keeps_comments_with_their_projects() {
    let text = "\
[checkpoints]
\"ft:a\" = [ # reviewed
    \"proj_a\", # first
    # the second one
    \"proj_b\", # second
    \"proj_c\" # third
    # the end
]
\"ft:b\" = [
    \"proj_a\", # only
]
";
    let entries = parse(text).entries;
    let live = live(&[("ft:a", &["proj_a", "proj_c", "proj_d"]), ("ft:b", &[])]);

    let updated = update(text, &entries, &live, &[], &Names::default()).unwrap();

    assert_eq!(
        updated,
        "\
[checkpoints]
\"ft:a\" = [ # reviewed
    \"proj_a\", # first
    \"proj_c\", # third
    \"proj_d\",
    # the end
]
\"ft:b\" = [
]
"
    );
}

#[test]
fn update_refreshes_only_names_that_export_wrote() {
    let text = "\
[checkpoints]
\"ft:a\" = [
    \"proj_a\", # the pilot
    \"proj_b\", # \"Old name\", of the maps team
    \"proj_c\", #\"Same\"
    \"proj_d\",
]
\"ft:b\" = [\"proj_d\", \"proj_e\"]
";
    let entries = parse(text).entries;
    let live = live(&[
        ("ft:a", &["proj_a", "proj_b", "proj_c", "proj_d"]),
        ("ft:b", &["proj_d", "proj_e"]),
    ]);
    let names = Names::of([
        ("proj_a", "A"),
        ("proj_b", "New \"name\""),
        ("proj_c", "Same"),
        ("proj_d", "D\u{7f}\n"),
    ]);

    let updated = update(text, &entries, &live, &[], &names).unwrap();

    assert_eq!(
        updated,
        "\
[checkpoints]
\"ft:a\" = [
    \"proj_a\", # the pilot
    \"proj_b\", # \"New \\\"name\\\"\", of the maps team
    \"proj_c\", #\"Same\"
    \"proj_d\", # \"D\\u007f\\u000a\"
]
\"ft:b\" = [
    \"proj_d\", # \"D\\u007f\\u000a\"
    \"proj_e\",
]
"
    );
    let again = parse(&updated).entries;
    assert_eq!(
        update(&updated, &again, &live, &[], &names).unwrap(),
        updated
    );
}

#[test]
fn update_of_emptied_array_keeps_closing_bracket() {
    let text = "[checkpoints]\n\"ft:a\" = [ # reviewed\n    \"proj_a\"]\n";
    let entries = parse(text).entries;

    let updated = update(
        text,
        &entries,
        &live(&[("ft:a", &[])]),
        &[],
        &Names::default(),
    )
    .unwrap();

    assert_eq!(updated, "[checkpoints]\n\"ft:a\" = [ # reviewed\n]\n");
}

#[test]
fn update_without_drift_keeps_text() {
    let entries = parse(TEXT).entries;
    let live = live(&[
        ("ft:gpt-4o:acme", &["proj_from_env", "proj_a"]),
        ("ft:gpt-4o:old", &["proj_b", "proj_a"]),
    ]);

    assert_eq!(
        update(TEXT, &entries, &live, &[], &Names::default()).unwrap(),
        TEXT
    );
}

#[test]
fn all_mistakes_are_reported_with_position() {
    let text = "\
checkpoint = 1
[checkpoints]
\"ft:a\" = \"proj_a\"
\"ft:b\" = [\"..\", 3, \"proj_a\", \"proj_a\", \"${NOT_SET}\", \"$\"]
ft.c = []
\"\" = []
";

    let mistakes = parse(text).errors;

    let shown: Vec<String> = mistakes.iter().map(Problem::text).collect();
    insta::with_settings!({
        description => "all mistakes of a manifest",
        omit_expression => true,
    }, {
        insta::assert_snapshot!("mistakes", shown.join("\n\n"));
    });
}

proptest! {
    #[test]
    fn escaped_text_expands_to_original_text(text in any::<String>()) {
        prop_assert_eq!(expand(&escape(&text), &lookup).unwrap(), text);
    }

    /// Any text is parsed, and every mistake has a position.
    #[test]
    fn arbitrary_text_never_panics(text in "[\\[\\]\"$={}a.#:\n é']{0,40}") {
        let parsed = parse(&text);
        for mistake in parsed.errors.into_iter().chain(parsed.warnings) {
            prop_assert!(mistake.text().contains("permissions.toml:"));
        }
    }

    /// An export contains all live permissions, whatever the ids and names are. A second export changes nothing.
    #[test]
    fn exported_manifest_is_read_back(
        ids in prop::collection::btree_map("[ -~é]{1,8}", prop::collection::btree_set("[ -~é]{1,8}", 0..4), 0..4),
        name in any::<String>(),
    ) {
        let ids: DesiredState = ids
            .into_iter()
            .filter_map(|(checkpoint, projects)| {
                let projects = projects.into_iter().filter_map(|id| id.parse().ok());
                Some((checkpoint.parse().ok()?, projects))
            })
            .collect();
        let projects: Vec<&str> = ids.iter().flat_map(|(_, ids)| ids).map(|id| id.as_str()).collect();
        let names = Names::of(projects.iter().step_by(2).map(|id| (*id, name.as_str())));

        let text = write(&ids, &names).unwrap();
        let parsed = parse(&text);

        prop_assert_eq!(&parsed.errors, &vec![]);
        prop_assert_eq!(&update(&text, &parsed.entries, &ids, &[], &names).unwrap(), &text);
        let back: DesiredState = parsed
            .entries
            .into_iter()
            .map(|entry| (entry.checkpoint.clone(), entry.projects().cloned().collect::<Vec<_>>()))
            .collect();
        prop_assert_eq!(back, ids);
    }
}
