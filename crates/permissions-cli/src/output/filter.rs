//! jq filters: `--jq` for the whole document, `--jq-rows` for each row.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, load, unwrap_valr};
use jaq_json::{Val, read};

use crate::failure::Failure;

/// The format filters of jq, such as `@csv`, that jaq does not define.
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
pub(super) struct Filter {
    /// The option that contains the filter.
    pub(super) option: &'static str,
    compiled: jaq_core::Filter<data::JustLut<Val>>,
}

impl Filter {
    pub(super) fn parse(option: &'static str, code: &str) -> Result<Self, Failure> {
        let compiled = compile(code).map_err(|reason| {
            Failure::usage(format!("invalid filter in {option}: {reason}"))
                .remedy(format!("write a jq filter, such as {option} '.[]'"))
        })?;
        Ok(Self { option, compiled })
    }

    /// Runs the filter on a JSON text. Returns strings without quotes, and other values as JSON.
    pub(super) fn run(&self, json: &[u8]) -> Result<Vec<String>, Failure> {
        let context = Ctx::<data::JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        let input = read::parse_single(json).map_err(|error| self.failure(&error.to_string()))?;
        self.compiled
            .id
            .run((context, input))
            .map(unwrap_valr)
            .map(|value| match value {
                Ok(Val::TStr(text)) => Ok(String::from_utf8_lossy(&text).into_owned()),
                Ok(value) => Ok(value.to_string()),
                Err(error) => Err(self.failure(&error.to_string())),
            })
            .collect()
    }

    fn failure(&self, reason: &str) -> Failure {
        Failure::usage(format!("the filter of {} failed: {reason}", self.option))
            .remedy("--jq gets the array of all rows, as in 'map(.id)'; --jq-rows gets each row")
    }
}

/// Compiles a filter. The error contains the reason.
fn compile(code: &str) -> Result<jaq_core::Filter<data::JustLut<Val>>, String> {
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
        .map_err(|errors| {
            let unknown = errors.into_iter().flat_map(|(_, errors)| errors);
            join(unknown.map(|(name, kind)| format!("unknown {} {name}", kind.as_str())))
        })
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
