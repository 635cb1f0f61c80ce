//! Documents that would cost more than they are worth.

use std::fs::File;

use super::super::{Document, MAX_BYTES, MAX_DEPTH, MAX_VALUES, parse, read};
use super::{error, gzip};

#[test]
fn a_file_of_100_mb_is_refused_before_it_is_read() {
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
fn an_endless_reader_is_cut_off() {
    let error = Document::read(std::io::repeat(b' '), "standard input")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("standard input: is larger than 32 MiB; "),
        "{error}"
    );
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused() {
    let member = gzip(&vec![b' '; 1 << 20]);
    let bomb = member.repeat((MAX_BYTES >> 20) as usize + 1);

    let error = error(&bomb, "bomb.gz");
    assert!(
        error.starts_with("bomb.gz: is larger than 32 MiB; "),
        "{error}"
    );
}

#[test]
fn nesting_ends_at_the_limit_in_both_notations() {
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
                error.contains(": objects and arrays nest deeper than 127 levels; "),
                "{error}"
            );
        }
    }
}

#[test]
fn values_are_counted_in_both_notations() {
    // The root and its list are two of them.
    let list = |length: usize| format!("{{\"a\": [{}]}}", vec!["1"; length].join(","));
    for name in ["many.json", "many.yaml"] {
        assert!(
            parse(list(MAX_VALUES - 2).as_bytes(), name).is_ok(),
            "{name}"
        );
        let error = error(list(MAX_VALUES - 1).as_bytes(), name);
        assert!(
            error.contains(": there are more than 1000000 values up to here; "),
            "{error}"
        );
    }
    let block = format!("a:\n{}", "- 1\n".repeat(MAX_VALUES + 1));
    let error = error(block.as_bytes(), "block.yaml");
    assert!(
        error.starts_with("block.yaml:1000002:3: there are "),
        "{error}"
    );
}

#[test]
fn nesting_counts_through_aliases() {
    // Each line wraps the one before it: no line is deep, what they build is.
    let mut text = String::from("a0: &a0 [1]\n");
    for line in 1..200 {
        text += &format!("a{line}: &a{line} [[*a{}]]\n", line - 1);
    }
    let error = error(text.as_bytes(), "chain.yaml");
    assert!(
        error.starts_with("chain.yaml:64:13: objects and arrays nest deeper "),
        "{error}"
    );
}

#[test]
fn aliases_that_explode_are_refused() {
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
        error.contains(": the aliases up to here copy more than 32 MiB; "),
        "{error}"
    );

    // The same by merging, where the copies would be of keys.
    let mut text = format!("a0: &a0 {{k: {}}}\n", "x".repeat(1 << 20));
    for line in 1..100 {
        text += &format!("a{line}: &a{line} {{<<: *a{}, k{line}: *a0}}\n", line - 1);
    }
    let error = super::error(text.as_bytes(), "merge.yaml");
    assert!(
        error.contains(": the aliases up to here copy more than 32 MiB; "),
        "{error}"
    );
}
