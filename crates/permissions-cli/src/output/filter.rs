//! jq filters: `--jq` for the whole document, `--jq-rows` for each row.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, load, unwrap_valr};
use jaq_json::{Val, read};

/// The formats of jq that jaq does not define.
const FORMATS: &str = r#"
def @text: tostring;
def @csv:
  map(if . == null then "" elif type == "string" then "\"" + ([splits("\"")] | join("\"\"")) + "\"" else tostring end)
  | join(",");
def @tsv:
  map(if . == null then "" else tostring
    | gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r") end)
  | join("\t");
"#;

/// A parsed filter.
pub(super) struct Filter(jaq_core::Filter<data::JustLut<Val>>);

impl Filter {
    /// Parses a filter. The error contains the reason.
    pub(super) fn parse(code: &str) -> Result<Self, String> {
        let formats = load::parse(FORMATS, |parser| parser.defs()).unwrap_or_default();
        let definitions = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .chain(formats);
        let functions = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { path: (), code })
            .map_err(|errors| join(errors.into_iter().map(|(_, error)| load_error(error))))?;
        jaq_core::Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map(Self)
            .map_err(|errors| {
                let unknown = errors.into_iter().flat_map(|(_, errors)| errors);
                join(unknown.map(|(name, kind)| format!("unknown {} {name}", kind.as_str())))
            })
    }

    /// Runs the filter on a JSON text. Returns strings without quotes, and other values as JSON.
    pub(super) fn run(&self, json: &[u8]) -> Result<Vec<String>, String> {
        let input = read::parse_single(json).map_err(|error| error.to_string())?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        self.0
            .id
            .run((context, input))
            .map(unwrap_valr)
            .map(|value| match value {
                Ok(Val::TStr(text)) => Ok(String::from_utf8_lossy(&text).into_owned()),
                Ok(value) => Ok(value.to_string()),
                Err(error) => Err(error.to_string()),
            })
            .collect()
    }
}

fn load_error(error: load::Error<&str>) -> String {
    let unexpected = |found: &str| match found.chars().next() {
        None => "unexpected end".to_owned(),
        Some(_) => format!("unexpected {:?}", found.trim_end()),
    };
    match error {
        load::Error::Io(errors) => join(errors.into_iter().map(|(_, error)| error)),
        load::Error::Lex(errors) => join(errors.into_iter().map(|(_, found)| unexpected(found))),
        load::Error::Parse(errors) => join(errors.into_iter().map(|(_, found)| unexpected(found))),
    }
}

fn join(errors: impl Iterator<Item = String>) -> String {
    errors.collect::<Vec<_>>().join("; ")
}
