//! Error messages.

use std::fmt::Write as _;

use super::super::read;
use super::{error, gzip};

#[test]
fn error_contains_position_problem_and_remedy() {
    let cut = {
        let mut packed = gzip(b"openapi: 3.1.0\npaths: {}\n");
        packed.truncate(packed.len() - 12);
        packed
    };
    let flipped = {
        let mut packed = gzip(b"openapi: 3.1.0\npaths: {}\n");
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        packed
    };
    let cases: &[(&str, &[u8])] = &[
        ("empty.json", b""),
        ("blank.yaml", b" \n\n"),
        ("comment.yaml", b"# nothing yet\n"),
        ("packed-empty.json.gz", &gzip(b"")),
        ("cut.json.gz", &cut),
        ("header.json.gz", &[0x1f, 0x8b]),
        ("flipped.json.gz", &flipped),
        ("tail.json.gz", &[gzip(b"{}"), b"tail".to_vec()].concat()),
        ("latin1.yaml", b"title: caf\xe9\n"),
        ("utf16.json", b"\xff\xfe{\0}\0"),
        ("archive.zip", b"PK\x03\x04\xff\xff"),
        ("page.html", b"<!DOCTYPE html>\n<html></html>"),
        ("prose.txt", b"This is a letter, not a document"),
        ("list.json", b"[1, 2]"),
        ("number.yaml", b"42"),
        ("cut.json", b"{\"paths\": {\n  \"/a\""),
        ("comma.json", b"{\"a\": 1,}"),
        ("tail.json", b"{} {}"),
        ("column.json", "{\"é\": \"ü\" 1}".as_bytes()),
        ("surrogate.json", br#"{"a": "\ud800"}"#),
        ("huge-number.json", b"{\"a\": 1e999}"),
        ("standard input", b"{\"a\": [1, }"),
        ("neither.yaml", b"{\"a\": [1, }"),
        ("indent.yaml", b"paths:\n  a: 1\n b: 2\n"),
        ("tab.yaml", b"paths:\n\ta: 1\n"),
        ("quote.yaml", b"title: \"open\n"),
        ("two.yaml", b"a: 1\n---\nb: 2\n"),
        (
            "duplicate.yaml",
            b"paths:\n  /a: {get: 1}\n  /b:\n    - get: 1\n  '/a': 3\n",
        ),
        ("duplicate-status.yaml", b"{responses: {200: a, '200': b}}"),
        (
            "duplicate-merge.yaml",
            b"a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n",
        ),
        (
            "duplicate.json",
            b"{\n  \"a\": {\"b\": \"x, {\", \"c\": [{\"b\": 1}],\n  \"\\u0062\": 2}}",
        ),
        ("merge.yaml", b"a: {<<: text}\n"),
        ("key.yaml", b"? [a, b]\n: 1\n"),
        ("key-alias.yaml", b"a: &a [1]\nb: {*a : 1}\n"),
        ("infinite.yaml", b"maximum: .inf\n"),
        ("not-a-number.yaml", b"maximum: .nan\n"),
        ("beyond.yaml", b"maximum: 1e999\n"),
        ("tag.yaml", b"a: !!binary aGk=\n"),
        ("local-tag.yaml", b"a: !include other.yaml\n"),
        ("set.yaml", b"a: !!set {b, c}\n"),
        ("misfit.yaml", b"a: !!int text\n"),
        ("unknown-alias.yaml", b"a: *nowhere\n"),
        ("endless.yaml", b"a: &a [1, *a]\n"),
    ];

    let mut texts = String::new();
    for (name, bytes) in cases {
        writeln!(texts, "{}", error(bytes, name)).unwrap();
    }

    insta::with_settings!({ description => "The error message of each invalid document" }, {
        insta::assert_snapshot!(texts);
    });
}

#[test]
fn with_remedy_replaces_displayed_remedy() {
    let error = super::super::parse(b"{\"paths\": ", "permissions.json").unwrap_err();

    let error = error.with_remedy("restore it from git").to_string();

    assert!(
        error.starts_with("permissions.json:1:10: the JSON is truncated"),
        "{error}"
    );
    assert!(error.ends_with("; restore it from git"), "{error}");
}

#[test]
fn unreadable_file_error_contains_path() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.json");

    let error = read(&missing).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{}: failed to read: ", missing.display())),
        "{error}"
    );
    assert!(error.ends_with("; check the path"), "{error}");

    let error = read(folder.path()).unwrap_err().to_string();
    let expected = "is a directory; pass the path of an OpenAPI document";
    assert_eq!(error, format!("{}: {expected}", folder.path().display()));
}
