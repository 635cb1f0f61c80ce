//! Size, depth and alias limits.

use std::fs::File;

use super::super::{Document, MAX_BYTES, MAX_DEPTH, MAX_VALUES, parse, read};
use super::{error, gzip};

#[test]
fn file_of_100_mb_is_refused_without_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    File::create(&path).unwrap().set_len(100_000_000).unwrap();

    let error = read(&path).unwrap_err().to_string();
    assert!(
        error.contains("large.json: is larger than 32 MiB; "),
        "{error}"
    );
}

#[test]
fn endless_reader_stops_at_size_limit() {
    let error = Document::read(std::io::repeat(b' '), "standard input")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("standard input: is larger than 32 MiB; "),
        "{error}"
    );
}

#[test]
fn gzip_bomb_is_refused() {
    let member = gzip(&vec![b' '; 1 << 20]);
    let bomb = member.repeat((MAX_BYTES >> 20) as usize + 1);

    let error = error(&bomb, "bomb.gz");
    assert!(
        error.starts_with("bomb.gz: is larger than 32 MiB; "),
        "{error}"
    );
}

#[test]
fn depth_beyond_limit_fails_in_json_and_yaml() {
    let nested = |depth: usize| {
        let inner = depth - 1;
        [
            (
                format!("{{\"a\": {}1{}}}", "[".repeat(inner), "]".repeat(inner)),
                "flow.json",
            ),
            (
                format!("{}1{}", "{\"a\": ".repeat(depth), "}".repeat(depth)),
                "flow.json",
            ),
            (
                format!("{{a: {}1{}}}", "[".repeat(inner), "]".repeat(inner)),
                "flow.yaml",
            ),
            (format!("a:\n  {}1", "- ".repeat(inner)), "block.yaml"),
        ]
    };
    for (text, name) in nested(MAX_DEPTH) {
        assert!(parse(text.as_bytes(), name).is_ok(), "{name}");
    }
    for depth in [MAX_DEPTH + 1, 10_000] {
        for (text, name) in nested(depth) {
            let error = error(text.as_bytes(), name);
            assert!(
                error.contains(": objects and arrays are nested deeper than 127 levels; "),
                "{error}"
            );
        }
    }
}

#[test]
fn value_count_beyond_limit_fails_in_json_and_yaml() {
    // The root and the list count as two values.
    let list = |length: usize| format!("{{\"a\": [{}]}}", vec!["1"; length].join(","));
    for name in ["many.json", "many.yaml"] {
        assert!(
            parse(list(MAX_VALUES - 2).as_bytes(), name).is_ok(),
            "{name}"
        );
        let error = error(list(MAX_VALUES - 1).as_bytes(), name);
        assert!(
            error.contains(": the document has more than 1000000 values; "),
            "{error}"
        );
    }
    let block = format!("a:\n{}", "- 1\n".repeat(MAX_VALUES + 1));
    let error = error(block.as_bytes(), "block.yaml");
    assert!(
        error.starts_with("block.yaml:1000002:3: the document has "),
        "{error}"
    );
}

#[test]
fn depth_limit_includes_expanded_aliases() {
    // Each anchor contains an alias of the previous one, so only the expanded value is deep.
    let mut text = String::from("a0: &a0 [1]\n");
    for line in 1..200 {
        text += &format!("a{line}: &a{line} [[*a{}]]\n", line - 1);
    }
    let error = error(text.as_bytes(), "chain.yaml");
    assert!(
        error.starts_with("chain.yaml:64:13: objects and arrays are nested deeper "),
        "{error}"
    );
}

#[test]
fn exponential_aliases_are_refused() {
    let mut text = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for line in 1..10 {
        let previous = format!("*a{}", line - 1);
        text += &format!(
            "a{line}: &a{line} [{}]\n",
            [previous.as_str(); 9].join(", ")
        );
    }
    let error = error(text.as_bytes(), "laughs.yaml");
    assert!(
        error.contains(": the YAML aliases expand to more than 32 MiB; "),
        "{error}"
    );

    // A merge key `<<` copies values as an alias does.
    let mut text = format!("a0: &a0 {{k: {}}}\n", "x".repeat(1 << 20));
    for line in 1..100 {
        text += &format!("a{line}: &a{line} {{<<: *a{}, k{line}: *a0}}\n", line - 1);
    }
    let error = super::error(text.as_bytes(), "merge.yaml");
    assert!(
        error.contains(": the YAML aliases expand to more than 32 MiB; "),
        "{error}"
    );
}
