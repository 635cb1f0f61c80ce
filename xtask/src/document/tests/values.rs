//! Values of valid documents.

use serde_json::json;

use super::super::{Document, parse, read};
use super::{gzip, yaml};

#[test]
fn plain_scalars_follow_yaml_core_schema() {
    let read = yaml(
        "nothing: [null, Null, NULL, ~, ]\nempty:\n\
         logic: [true, True, FALSE]\n\
         text: [y, yes, No, on, tRUE, 2026-08-21, 12:30:45, 1_000, 0b11, 1.2.3, +, ., ., 0x, 0o8, 1e, --1]\n\
         quoted: ['1', \"true\", ! 7, !!str 8]\n\
         integers: [0, 007, +12, -3, 0x1F, 0o17, !!int 4]\n\
         floats: [1.0, .5, 5., -0.25, 1e3, 1.5E-2, +.5e+1, !!float 4]\n",
    );

    assert_eq!(read["nothing"], json!([null, null, null, null]));
    assert_eq!(read["empty"], json!(null));
    assert_eq!(read["logic"], json!([true, true, false]));
    let texts = [
        "y",
        "yes",
        "No",
        "on",
        "tRUE",
        "2026-08-21",
        "12:30:45",
        "1_000",
        "0b11",
        "1.2.3",
    ];
    let signs = ["+", ".", ".", "0x", "0o8", "1e", "--1"];
    assert_eq!(read["text"], json!([&texts[..], &signs[..]].concat()));
    assert_eq!(read["quoted"], json!(["1", "true", "7", "8"]));
    assert_eq!(read["integers"], json!([0, 7, 12, -3, 31, 15, 4]));
    assert_eq!(
        read["floats"],
        json!([1.0, 0.5, 5.0, -0.25, 1000.0, 0.015, 5.0, 4])
    );
}

#[test]
fn number_beyond_64_bits_equals_json_number() {
    // A published spec contains the first number, which several YAML parsers refuse.
    for number in [
        "-9223372036854776000",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-0",
        "0.1",
        "1.7976931348623157e308",
        "123456789012345678901234567890.123456789",
    ] {
        let from_yaml = yaml(&format!("minimum: {number}"));
        let from_json =
            parse(format!("{{\"minimum\": {number}}}").as_bytes(), "spec.json").unwrap();
        assert_eq!(from_yaml.to_string(), from_json.to_string());
    }
    assert_eq!(
        yaml("mask: 0xFFFFFFFFFFFFFFFFF")["mask"],
        json!(295_147_905_179_352_830_000.0)
    );
}

#[test]
fn key_keeps_its_source_text() {
    let read = yaml(
        "responses: {200: a, '4XX': b, 0x10: c, yes: d, null: e, 1.0: f, 2026-01-01: g, !!str 5: h}\n",
    );
    assert_eq!(
        read["responses"],
        json!({"200": "a", "4XX": "b", "0x10": "c", "yes": "d", "null": "e", "1.0": "f", "2026-01-01": "g", "5": "h"})
    );
}

#[test]
fn multiline_scalars_are_folded_or_literal() {
    let read = yaml(
        "plain: one\n  two\n\n  three\n\
         folded: >-\n  one\n  two\n\n  three\n\
         literal: |\n  one\n    two\n\
         kept: |+\n  one\n\n\
         quoted: \"one\n  two \\\n  three\"\n\
         single: 'it''s\n  one'\n",
    );
    assert_eq!(
        read,
        json!({
            "plain": "one two\nthree", "folded": "one two\nthree", "literal": "one\n  two\n",
            "kept": "one\n\n", "quoted": "one two three", "single": "it's one",
        })
    );
}

#[test]
fn anchors_and_merge_keys_are_expanded() {
    let read = yaml(
        "base: &base {type: string, description: from base}\n\
         other: &other {description: from other, format: email}\n\
         name: &name id\n\
         one: *base\n\
         own: {<<: *base, description: own}\n\
         late: {description: own, <<: *base}\n\
         both: {<<: [*base, *other]}\n\
         text: {'<<': kept}\n\
         keys: {*name : 1}\n\
         &key anchored: *key\n",
    );
    assert_eq!(
        read["one"],
        json!({"type": "string", "description": "from base"})
    );
    assert_eq!(read["own"], json!({"type": "string", "description": "own"}));
    assert_eq!(read["late"], read["own"]);
    assert_eq!(
        read["both"],
        json!({"type": "string", "description": "from base", "format": "email"})
    );
    assert_eq!(read["text"], json!({"<<": "kept"}));
    assert_eq!(read["keys"], json!({"id": 1}));
    assert_eq!(read["anchored"], json!("anchored"));
}

#[test]
fn document_is_equal_in_every_format_and_compression() {
    let expected = json!({"openapi": "3.1.0", "paths": {}});
    let json = br#"{"openapi": "3.1.0", "paths": {}}"#;
    for (bytes, name) in [
        (json.to_vec(), "spec.json"),
        (json.to_vec(), "standard input"),
        (json.to_vec(), "spec.yaml"),
        (b"openapi: 3.1.0\npaths: {}\n".to_vec(), "spec.json"),
        (
            b"%YAML 1.2\n---\nopenapi: 3.1.0\r\npaths: {}\n...\n".to_vec(),
            "spec.yaml",
        ),
        (b"{openapi: 3.1.0, paths: {},}".to_vec(), "spec.yaml"),
        (b"{openapi: 3.1.0, paths: {},}".to_vec(), "standard input"),
        ([b"\xef\xbb\xbf", &json[..]].concat(), "spec.json"),
        (
            b"\xef\xbb\xbfopenapi: 3.1.0\npaths: {}\n".to_vec(),
            "spec.yaml",
        ),
        (gzip(json), "spec.json.gz"),
        (gzip(b"openapi: 3.1.0\npaths: {}"), "spec.json"),
        (
            [gzip(b"openapi: 3.1.0\n"), gzip(b"paths: {}")].concat(),
            "two members",
        ),
    ] {
        assert_eq!(
            parse(&bytes, name),
            Ok(expected.clone()),
            "{name}: {bytes:?}"
        );
    }
}

#[test]
fn checksum_is_of_decompressed_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (
        folder.path().join("spec.json"),
        folder.path().join("spec.json.gz"),
    );
    std::fs::write(&plain, "{}").unwrap();
    std::fs::write(&packed, gzip(b"{}")).unwrap();

    for document in [
        read(&plain).unwrap(),
        read(&packed).unwrap(),
        Document::read(&b"{}"[..], "standard input").unwrap(),
    ] {
        assert_eq!(
            document.sha256,
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        assert_eq!(document.source, b"{}");
    }
}
