//! Property tests with arbitrary documents.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

use super::super::{parse, yaml};

/// Generates JSON values with strings that plain YAML scalars would resolve to other types.
fn value() -> impl Strategy<Value = Value> {
    let text = || {
        prop_oneof![
            any::<String>(),
            prop::sample::select(vec![
                "yes",
                "null",
                "1",
                "<<",
                "~",
                "- a",
                "a: b",
                "# c",
                "",
                " x ",
                "2026-08-21"
            ])
            .prop_map(str::to_owned),
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(text(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn json_and_yaml_forms_have_equal_values(value in value()) {
        let text = serde_json::json!({ "root": value }).to_string();
        let expected: Value = serde_json::from_str(&text).unwrap();

        prop_assert_eq!(parse(text.as_bytes(), "spec.json").unwrap(), expected.clone());
        prop_assert_eq!(yaml::parse(&text, "spec.yaml").unwrap(), expected);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, "spec");
    }

    #[test]
    fn arbitrary_yaml_does_not_panic(text in r#"([-?:,{}\[\]&*!|>'"%@`# \n\t\r~<.]|[a-c0-9é]|- |: |<<: |\n  |&a |\*a|!!str |---\n|\.\.\.\n|%YAML 1.2\n|\\u12){0,60}"#) {
        let _ = parse(text.as_bytes(), "spec");
        let _ = parse(format!("a:\n  {text}").as_bytes(), "spec.yaml");
        let _ = parse(format!("{{{text}").as_bytes(), "spec.json");
    }
}
