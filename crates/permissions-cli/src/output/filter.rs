//! `--jq`: a filter that each row goes through, in place of a format.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, load, unwrap_valr};
use jaq_json::{Val, read};

/// A filter that was understood.
pub(super) struct Filter(jaq_core::Filter<data::JustLut<Val>>);

impl Filter {
    /// Reads a filter, or says what is wrong with it.
    pub(super) fn parse(code: &str) -> Result<Self, String> {
        let definitions = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs());
        let functions = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { path: (), code })
            .map_err(|errors| told(errors.into_iter().map(|(_, error)| load_error(error))))?;
        jaq_core::Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map(Self)
            .map_err(|errors| {
                let unknown = errors.into_iter().flat_map(|(_, errors)| errors);
                told(unknown.map(|(name, kind)| format!("unknown {} {name}", kind.as_str())))
            })
    }

    /// What becomes of a value: a line each, strings as they are and all else as JSON.
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
        load::Error::Io(errors) => told(errors.into_iter().map(|(_, error)| error)),
        load::Error::Lex(errors) => told(errors.into_iter().map(|(_, found)| unexpected(found))),
        load::Error::Parse(errors) => told(errors.into_iter().map(|(_, found)| unexpected(found))),
    }
}

fn told(errors: impl Iterator<Item = String>) -> String {
    errors.collect::<Vec<_>>().join("; ")
}
