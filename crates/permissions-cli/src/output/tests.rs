use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use saphyr_parser::{Event, Parser};

use std::io::{self, Write};

use super::*;
use crate::options::Format;

const COLUMNS: &[&str] = &["checkpoint", "id", "created_at"];
const PLAIN: Look = Look {
    color: false,
    is_terminal: false,
    width: None,
};

const ESCAPE: char = '\u{1b}';

/// A writer whose content a test can read.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

fn settings(format: Format) -> Settings<'static> {
    Settings {
        format,
        columns: &[],
        jq: None,
        jq_rows: None,
    }
}

fn open(shared: &Shared, settings: Settings<'_>, look: Look, columns: Columns) -> Output {
    Output::new(Box::new(shared.clone()), settings, look, columns).unwrap()
}

fn row(id: &str) -> Vec<Cell> {
    vec![
        Cell::text("ft:a"),
        Cell::text(id),
        Cell::Time(1_700_000_000),
    ]
}

fn written(format: Format, look: Look, columns: Columns, ids: &[&str]) -> String {
    let shared = Shared::default();
    let mut output = open(&shared, settings(format), look, columns);
    for id in ids {
        output.row(&row(id)).unwrap();
    }
    output.finish().unwrap();
    shared.text()
}

#[test]
fn table_is_aligned_without_hidden_column() {
    let columns = Columns::new(COLUMNS).hide("checkpoint", true);

    let text = written(Format::Table, PLAIN, columns, &["cp_1", "cp_long", "界"]);

    assert_eq!(
        text,
        "ID       CREATED AT\n\
         cp_1     2023-11-14T22:13:20Z\n\
         cp_long  2023-11-14T22:13:20Z\n\
         界       2023-11-14T22:13:20Z\n"
    );
}

#[test]
fn plain_format_has_every_column() {
    let columns = Columns::new(COLUMNS).hide("checkpoint", true);

    let text = written(Format::Plain, PLAIN, columns, &["cp_1"]);

    assert_eq!(text, "ft:a\tcp_1\t2023-11-14T22:13:20Z\n");
}

#[test]
fn flushed_rows_are_visible() {
    let shared = Shared::default();
    let mut output = open(
        &shared,
        settings(Format::Table),
        PLAIN,
        Columns::new(COLUMNS),
    );
    output.row(&row("cp_1")).unwrap();

    output.flush().unwrap();

    assert!(
        shared
            .text()
            .ends_with("ft:a        cp_1  2023-11-14T22:13:20Z\n")
    );
}

#[test]
fn unfinished_array_is_invalid_json() {
    let shared = Shared::default();
    let mut output = open(
        &shared,
        settings(Format::Json),
        PLAIN,
        Columns::new(COLUMNS),
    );
    output.row(&row("cp_1")).unwrap();
    output.flush().unwrap();

    drop(output);

    assert!(serde_json::from_str::<serde_json::Value>(&shared.text()).is_err());
}

#[test]
fn document_without_rows_is_valid() {
    let none = |format| written(format, PLAIN, Columns::new(COLUMNS), &[]);

    assert_eq!(none(Format::Json), "[]\n");
    assert_eq!(none(Format::Csv), "checkpoint,id,created_at\n");
    assert_eq!(none(Format::Yaml), "[]\n");
    assert_eq!(none(Format::Jsonl), "");
    assert_eq!(none(Format::Plain), "");
    assert_eq!(none(Format::Table), "");
}

#[test]
fn time_out_of_range_is_printed_as_number() {
    assert_eq!(Cell::Time(i64::MAX).plain(), i64::MAX.to_string());
}

#[test]
fn row_filter_receives_each_row() {
    let shared = Shared::default();
    let settings = Settings {
        jq_rows: Some("select(.id != \"cp_2\") | .id, {when: .created_at}"),
        ..settings(Format::Table)
    };
    let mut output = open(&shared, settings, PLAIN, Columns::new(COLUMNS));
    for id in ["cp_1", "cp_2"] {
        output.row(&row(id)).unwrap();
    }
    output.finish().unwrap();

    assert_eq!(shared.text(), "cp_1\n{\"when\":\"2023-11-14T22:13:20Z\"}\n");
}

#[test]
fn document_filter_receives_all_rows() {
    let shared = Shared::default();
    let settings = Settings {
        jq: Some("map(.id) | @csv, @tsv"),
        ..settings(Format::Table)
    };
    let mut output = open(&shared, settings, PLAIN, Columns::new(COLUMNS));
    for id in ["cp\"1", "cp\t2"] {
        output.row(&row(id)).unwrap();
    }
    output.finish().unwrap();

    assert_eq!(shared.text(), "\"cp\"\"1\",\"cp\t2\"\ncp\"1\tcp\\t2\n");
}

#[test]
fn dropping_changes_writes_pending_rows() {
    let shared = Shared::default();
    let changes = Changes::new(open(
        &shared,
        settings(Format::Json),
        PLAIN,
        Columns::new(COLUMNS),
    ));
    let first = changes.add_pending(row("cp_1"));
    changes.add_pending(row("cp_2"));
    changes.set(first, "id", Cell::text("cp_done"));
    changes.write(first);

    drop(changes);

    let rows: Vec<serde_json::Value> = serde_json::from_str(&shared.text()).unwrap();
    assert_eq!(
        (&rows[0]["id"], &rows[1]["id"]),
        (&"cp_done".into(), &"cp_2".into())
    );
}

#[test]
fn narrow_table_shortens_long_cells() {
    let look = Look {
        width: Some(40),
        ..PLAIN
    };

    let text = written(
        Format::Table,
        look,
        Columns::new(COLUMNS),
        &["cp_0123456789012345678901234567890"],
    );

    assert!(
        text.lines().all(|line| line.chars().count() <= 40),
        "{text}"
    );
    assert!(text.contains('…'), "{text}");
}

#[test]
fn table_with_very_long_cell_has_limited_width() {
    let long = "x".repeat(100_000);

    let text = written(
        Format::Table,
        PLAIN,
        Columns::new(COLUMNS),
        &[&long, "cp_1"],
    );

    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().all(|line| line.chars().count() < 1_100));
}

#[test]
fn terminal_output_escapes_control_characters() {
    let terminal = Look {
        is_terminal: true,
        ..PLAIN
    };
    let id = "=\u{1b}[31m\u{9b}31m\u{202e}\n\u{feff}";
    for format in [Format::Json, Format::Jsonl, Format::Csv, Format::Yaml] {
        let text = written(format, terminal, Columns::new(COLUMNS), &[id]);
        assert!(!text.contains([ESCAPE, '\u{9b}', '\u{202e}']), "{text:?}");
    }

    let shared = Shared::default();
    let settings = Settings {
        jq_rows: Some(".id"),
        ..settings(Format::Json)
    };
    let mut output = open(&shared, settings, terminal, Columns::new(COLUMNS));
    output.row(&row("\u{1b}[31m\tred\nblue")).unwrap();
    output.finish().unwrap();
    assert_eq!(shared.text(), "\\u{1b}[31m\tred\nblue\n");
}

#[test]
fn columns_are_printed_in_requested_order() {
    let shared = Shared::default();
    let columns = ["created_at".to_owned(), "id".to_owned()];
    let settings = Settings {
        columns: &columns,
        ..settings(Format::Plain)
    };
    let mut output = open(&shared, settings, PLAIN, Columns::new(COLUMNS));
    output.row(&row("cp_1")).unwrap();
    output.finish().unwrap();

    assert_eq!(shared.text(), "2023-11-14T22:13:20Z\tcp_1\n");
}

/// Returns the ids that a YAML parser reads.
fn yaml_ids(yaml: &str) -> Vec<String> {
    let mut scalars = Vec::new();
    for event in Parser::new_from_str(yaml) {
        if let (Event::Scalar(text, ..), _) = event.unwrap() {
            scalars.push(text.into_owned());
        }
    }
    let named = scalars.chunks(2).filter(|pair| pair[0] == "id");
    named.map(|pair| pair[1].clone()).collect()
}

proptest! {
    /// An id with line breaks or separators stays in one cell of one line.
    #[test]
    fn id_with_separators_stays_in_one_cell(ids in prop::collection::vec(any::<String>(), 1..4)) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();

        let plain = written(Format::Plain, PLAIN, Columns::new(COLUMNS), &ids);
        prop_assert_eq!(plain.lines().count(), ids.len());
        prop_assert!(plain.lines().all(|line| line.matches('\t').count() == 2));
        prop_assert!(!plain.contains(ESCAPE));

        let json = written(Format::Json, PLAIN, Columns::new(COLUMNS), &ids);
        let json: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        let back: Vec<&str> = json.iter().map(|row| row["id"].as_str().unwrap()).collect();
        prop_assert_eq!(&back, &ids);

        let yaml = written(Format::Yaml, PLAIN, Columns::new(COLUMNS), &ids);
        prop_assert_eq!(&yaml_ids(&yaml), &ids);

        let csv = written(Format::Csv, PLAIN, Columns::new(COLUMNS), &ids);
        let back: Vec<String> = ::csv::Reader::from_reader(csv.as_bytes())
            .records()
            .map(|record| record.unwrap()[1].to_owned())
            .collect();
        prop_assert_eq!(back, ids);
    }
}
