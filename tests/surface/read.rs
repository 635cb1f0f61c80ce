//! Reads the public surface from the sources of the crate.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/permissions-ext/src");

/// The public surface. The lint `unreachable_pub` ensures that every `pub` item can be reached.
pub struct Surface {
    lines: Vec<String>,
    blocking: Blocking,
}

/// The types and methods that macros define in the module `blocking`.
#[derive(Default)]
struct Blocking {
    types: BTreeSet<String>,
    methods: BTreeSet<String>,
}

impl Surface {
    pub fn read() -> Self {
        let root = Path::new(SOURCES);
        let blocking = Blocking::read(&read(&root.join("blocking/mod.rs")));
        let texts: Vec<String> = files(root)
            .iter()
            .filter(|path| !path.starts_with(root.join("blocking")))
            .map(|path| read(path))
            .collect();
        let all: Vec<String> = texts
            .iter()
            .flat_map(|text| xtask::surface::list(text).unwrap())
            .collect();
        let types: Vec<String> = all
            .iter()
            .filter_map(|line| type_of(line).map(str::to_owned))
            .collect();
        let mut lines: Vec<String> = all
            .into_iter()
            .filter(|line| {
                !line.starts_with("pub use ") || line.starts_with("pub use permissions_api::")
            })
            .filter(|line| is_of_public_type(line, &types))
            .map(|line| line.replace("(mut self", "(self").replace("<T>::", "::"))
            .collect();
        for (kind, file) in [("options", "options.rs"), ("bulk_options", "bulk.rs")] {
            let call = match kind {
                "options" => "request_options!(",
                _ => "bulk_options!(",
            };
            let calls = texts.iter().flat_map(|text| text.lines());
            let calls = calls.filter_map(|line| line.strip_prefix(call)?.split(['<', ')']).next());
            lines.extend(calls.map(|name| format!("{kind} {name}")));
            lines.extend(option_methods(&read(&root.join(file))));
        }
        lines.sort();
        lines.dedup();
        Self { lines, blocking }
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Returns one line per type, with its members and traits, and one line per method.
    pub fn summary(&self) -> String {
        let mut lines = Vec::new();
        for line in &self.lines {
            match line.split_once(' ') {
                Some(("derive" | "impl" | "field" | "variant", _)) => {}
                _ => lines.push(match type_of(line) {
                    Some(name) => format!("{line}{}{}", self.members(name), self.traits(name)),
                    None => line.clone(),
                }),
            }
        }
        let blocking: Vec<&str> = self.blocking.types.iter().map(String::as_str).collect();
        lines.push(format!("blocking: {}", blocking.join(", ")));
        lines.join("\n")
    }

    /// Returns the fields of a struct or the variants of an enum, such as ` { id, created_at }`.
    fn members(&self, name: &str) -> String {
        let prefix = format!("{name}::");
        let of_kind = |kind: &'static str| {
            let lines = self.lines.iter();
            lines.filter_map(move |line| line.strip_prefix(kind))
        };
        let variants = of_kind("variant ").filter_map(|line| line.strip_prefix(&prefix));
        let mut members: Vec<String> = variants
            .map(|variant| {
                let prefix = format!("{prefix}{variant}::");
                let fields: Vec<&str> = of_kind("field ")
                    .filter_map(|line| line.strip_prefix(&prefix))
                    .collect();
                match fields.is_empty() {
                    true => variant.to_owned(),
                    false => format!("{variant} {{ {} }}", fields.join(", ")),
                }
            })
            .collect();
        if members.is_empty() {
            let fields = of_kind("field ").filter_map(|line| line.strip_prefix(&prefix));
            members = fields.map(str::to_owned).collect();
        }
        match members.is_empty() {
            true => String::new(),
            false => format!(" {{ {} }}", members.join(", ")),
        }
    }

    /// Returns the traits that a type implements, such as `: Clone, Debug`.
    fn traits(&self, name: &str) -> String {
        let derives = self.lines.iter().filter_map(|line| {
            let (owner, traits) = line.strip_prefix("derive ")?.split_once(": ")?;
            (owner == name).then(|| traits.split(", "))
        });
        let implemented = self.lines.iter().filter_map(|line| {
            let (name_of_trait, owner) = line.strip_prefix("impl ")?.rsplit_once(" for ")?;
            let is_owner = owner.split('<').next() == Some(name);
            is_owner.then(|| name_of_trait.trim_start_matches("fmt::"))
        });
        let traits: BTreeSet<&str> = derives.flatten().chain(implemented).collect();
        let traits: Vec<&str> = traits.into_iter().collect();
        format!(": {}", traits.join(", "))
    }

    /// Returns structs and enums. Those of `blocking` have the prefix `blocking::`.
    pub fn types(&self) -> impl Iterator<Item = String> {
        let blocking = self.blocking.types.iter();
        let own = self.lines.iter().filter_map(|line| type_of(line));
        own.map(str::to_owned)
            .chain(blocking.map(|name| format!("blocking::{name}")))
    }

    /// Returns methods such as `List::send`.
    pub fn methods(&self) -> BTreeSet<String> {
        let methods = self.lines.iter().filter_map(|line| {
            let (_, rest) = line.split_once("fn ")?;
            let name = rest.split('(').next()?;
            // Without generic parameters.
            Some(name.split(['<', '>']).step_by(2).collect::<String>())
        });
        methods.filter(|name| name.contains("::")).collect()
    }

    pub fn blocking_types(&self) -> &BTreeSet<String> {
        &self.blocking.types
    }

    pub fn blocking_methods(&self) -> &BTreeSet<String> {
        &self.blocking.methods
    }

    /// Returns the types with asynchronous methods.
    pub fn asynchronous_types(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split("::").next())
    }
}

impl Blocking {
    /// Reads the definitions in the macros, such as `List(crate::List) {` and `set order(order: Order);`, and the
    /// methods outside of them.
    fn read(text: &str) -> Self {
        const KINDS: [&str; 6] = ["set ", "get ", "start ", "into ", "wait ", "pub fn "];
        let mut blocking = Self::default();
        let mut owner = String::new();
        for line in text.lines().map(str::trim_start) {
            let definition = line.split_once("(crate::").map(|(name, _)| name);
            let definition = definition.and_then(|name| name.split('<').next());
            if let Some(name) = definition.filter(|name| !name.contains([' ', ':'])) {
                owner = name.to_owned();
                blocking.types.insert(owner.clone());
            } else if let Some(rest) = line.strip_prefix("methods! { ") {
                rest.split(['(', '<'])
                    .next()
                    .unwrap()
                    .clone_into(&mut owner);
            } else if let Some(rest) = line.strip_prefix("impl") {
                let rest = rest.trim_start_matches("<T: Item>").trim_start();
                rest.split([' ', '<'])
                    .next()
                    .unwrap()
                    .clone_into(&mut owner);
            } else if let "options;" | "bulk_options;" = line {
                let kind = line.trim_end_matches(';');
                blocking.methods.insert(format!("{owner}::{kind}"));
            }
            let method = KINDS.iter().find_map(|kind| line.strip_prefix(kind));
            if let Some(rest) = method.filter(|rest| rest.contains('(')) {
                let name = rest.split('(').next().unwrap();
                blocking.methods.insert(format!("{owner}::{name}"));
                blocking.types.insert(owner.clone());
            }
        }
        blocking
    }
}

/// Returns the methods that the macro in this text adds.
fn option_methods(text: &str) -> Vec<String> {
    let (_, body) = text.split_once("macro_rules! ").unwrap();
    let methods = body.split("pub fn ").skip(1);
    methods
        .filter_map(|method| method.split(" {").next())
        .map(|signature| signature.split_whitespace().collect::<Vec<_>>().join(" "))
        .take_while(|signature| signature.ends_with("-> Self"))
        .map(|signature| {
            let signature = signature
                .replace("(mut self", "(self")
                .replace("( mut self", "(self");
            format!("option {}", signature.replace(", )", ")"))
        })
        .collect()
}

fn type_of(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("pub struct ")
        .or_else(|| line.strip_prefix("pub enum "))?;
    rest.split('<').next()
}

/// Returns whether a line is in the public surface. The `impl` of a trait is in the public surface only if the
/// implementing type is public.
fn is_of_public_type(line: &str, types: &[String]) -> bool {
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

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
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
