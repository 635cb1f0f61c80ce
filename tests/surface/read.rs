//! The surface as the sources of the crate have it.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/permissions-ext/src");

/// One line an item, sorted.
pub struct Surface(Vec<String>);

impl Surface {
    /// Every `pub` item: the lint `unreachable_pub` sees to it that each of them can be reached, and lib.rs re-exports
    /// all at the root of the crate, blocking/mod.rs all in `blocking`.
    pub fn read() -> Self {
        let root = Path::new(SOURCES);
        let texts: Vec<(&str, String)> = files(root)
            .into_iter()
            .map(|path| {
                let module = match path.starts_with(root.join("blocking")) {
                    true => "blocking.rs",
                    false => "mod.rs",
                };
                (module, expanded(&fs::read_to_string(path).unwrap()))
            })
            .collect();
        let named = texts.iter().map(|(name, text)| (*name, text.as_str()));
        let all = xtask::surface::list(named).unwrap();
        let types: Vec<String> = all
            .iter()
            .filter_map(|line| type_of(line))
            .map(str::to_owned)
            .collect();
        let mut lines: Vec<String> = all
            .into_iter()
            .filter(|line| {
                !line.starts_with("pub use self::") && !line.starts_with("pub use crate::")
            })
            .filter(|line| is_of_a_public_type(line, &types))
            .map(|line| line.replace("(mut self", "(self"))
            .collect();
        lines.sort();
        lines.dedup();
        Self(lines)
    }

    pub fn lines(&self) -> &[String] {
        &self.0
    }

    /// Structs and enums, those of `blocking` with that before their name.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|line| type_of(line))
    }

    /// Methods by their path.
    pub fn methods(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|line| {
            let (_, rest) = line.split_once("fn ")?;
            Some(rest.split(['(', '<']).next()?.to_owned())
        })
    }

    /// The types at the root that have something to wait for.
    pub fn asynchronous_types(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split("::").next())
    }
}

fn type_of(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("pub struct ")
        .or_else(|| line.strip_prefix("pub enum "))?;
    rest.split('<').next()
}

/// Whether a line is no `impl` of a trait, or one for a type that a user can name.
fn is_of_a_public_type(line: &str, types: &[String]) -> bool {
    let Some((_, owner)) = line
        .strip_prefix("impl ")
        .and_then(|rest| rest.rsplit_once(" for "))
    else {
        return true;
    };
    let name = owner
        .split('<')
        .next()
        .unwrap_or(owner)
        .trim_start_matches('&');
    types.iter().any(|known| known == name)
}

/// Writes out the methods that the macro of the blocking side makes.
fn expanded(text: &str) -> String {
    const OPEN: &str = "forward!(";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        let (_, methods) = rest[at..].split_once('{').unwrap();
        let (methods, after) = methods.split_once("});").unwrap();
        for method in methods
            .split(';')
            .map(str::trim)
            .filter(|method| !method.is_empty())
        {
            let (name, arguments) = method.split_once('(').unwrap();
            out.push_str(&format!(
                "pub fn {name}(self, {arguments} -> Self {{ self }}\n"
            ));
        }
        rest = after;
    }
    out + rest
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
