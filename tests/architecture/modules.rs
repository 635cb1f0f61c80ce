//! The module graph of a crate, read from its syntax.
//!
//! A module imports the module that *defines* an item, also if the path goes through a re-export. A `use` declaration with a
//! visibility is a re-export and does not count as an import. A use of an item of a parent module does not count either, because
//! parent and child form one unit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{File, Item, ItemUse, UseTree, Visibility};

type ModulePath = Vec<String>;

/// All modules of one crate.
pub(crate) struct Crate {
    modules: BTreeMap<ModulePath, Module>,
}

#[derive(Default)]
struct Module {
    /// The module of the file that contains this module. This is the module itself, unless the module is inline.
    file: ModulePath,
    /// The targets of the names in this module.
    names: BTreeMap<String, Name>,
    /// Paths of `use path::*`.
    globs: Vec<ModulePath>,
    /// Paths that occur in code and in `use` declarations without a visibility.
    paths: BTreeSet<ModulePath>,
    literals: Vec<String>,
}

enum Name {
    /// An item that the module defines.
    Item,
    Module(ModulePath),
    /// A name that a `use` declaration imports.
    Import(ModulePath),
}

impl Crate {
    pub(crate) fn read(source_folder: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for root in ["lib.rs", "main.rs"] {
            let file = source_folder.join(root);
            // A crate with `lib.rs` and `main.rs` is a library with a small program. The two share no modules.
            if file.exists() && modules.is_empty() {
                read_file(&file, source_folder, vec![], &mut modules);
            }
        }
        Self { modules }
    }

    /// Returns one line for each group of files that import each other.
    pub(crate) fn cycles(&self) -> Vec<String> {
        let edges = self.edges();
        let reachable: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = edges
            .keys()
            .map(|file| (file, reachable_from(file, &edges)))
            .collect();
        let mut cycles = BTreeSet::new();
        for (file, reached) in &reachable {
            if reached.contains(file) {
                let members: Vec<String> = reached
                    .iter()
                    .filter(|other| {
                        reachable
                            .get(*other)
                            .is_some_and(|back| back.contains(file))
                    })
                    .map(|path| path.join("::"))
                    .collect();
                cycles.insert(members.join(" ↔ "));
            }
        }
        cycles.into_iter().collect()
    }

    /// Returns the modules of this crate that a top-level module and its children import.
    pub(crate) fn imports_of(&self, top_level: &str) -> BTreeSet<String> {
        assert!(
            self.modules.contains_key(&vec![top_level.to_owned()]),
            "the crate has no module `{top_level}`"
        );
        self.edges()
            .into_iter()
            .filter(|(file, _)| file.first().is_some_and(|name| name == top_level))
            .flat_map(|(_, imports)| imports)
            .map(|path| path.join("::"))
            .collect()
    }

    pub(crate) fn string_literals(&self) -> impl Iterator<Item = String> {
        self.modules
            .values()
            .flat_map(|module| module.literals.iter().cloned())
    }

    /// Returns, for each file, the files that define the items it uses. Parent modules are left out.
    fn edges(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mut edges: BTreeMap<ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
        for (path, module) in &self.modules {
            let imports = edges.entry(module.file.clone()).or_default();
            for used in &module.paths {
                if let Some(definer) = self.resolve(path, used, 0) {
                    let file = self.modules[&definer].file.clone();
                    if !module.file.starts_with(&file) {
                        imports.insert(file);
                    }
                }
            }
        }
        edges
    }

    /// Returns the module that defines the item at `path`, resolved from `module`. Returns `None` for items of other crates.
    fn resolve(&self, module: &ModulePath, path: &[String], depth: usize) -> Option<ModulePath> {
        // The depth is limited, because two globs that refer to each other would recurse forever. Real chains of
        // re-exports are shorter than this limit.
        if depth > 20 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let mut current = match first.as_str() {
            "crate" => vec![],
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name => return self.resolve_name(module, name, rest, depth),
        };
        let mut rest = rest;
        while let Some((segment, tail)) = rest.split_first() {
            if segment != "super" {
                return self.resolve_name(&current, segment, tail, depth);
            }
            current.pop();
            rest = tail;
        }
        Some(current)
    }

    fn resolve_name(
        &self,
        module: &ModulePath,
        name: &str,
        rest: &[String],
        depth: usize,
    ) -> Option<ModulePath> {
        let found = self.modules.get(module)?;
        match found.names.get(name) {
            Some(Name::Item) => Some(module.clone()),
            Some(Name::Module(child)) if rest.is_empty() => Some(child.clone()),
            Some(Name::Module(child)) => self.resolve_name(child, &rest[0], &rest[1..], depth + 1),
            Some(Name::Import(target)) if target.as_slice() == [name] => None,
            Some(Name::Import(target)) => {
                let path: ModulePath = target.iter().chain(rest).cloned().collect();
                self.resolve(module, &path, depth + 1)
            }
            None => found.globs.iter().find_map(|glob| {
                let mut path = glob.clone();
                path.push(name.to_owned());
                path.extend(rest.iter().cloned());
                self.resolve(module, &path, depth + 1)
            }),
        }
    }
}

fn reachable_from<'a>(
    start: &'a ModulePath,
    edges: &'a BTreeMap<ModulePath, BTreeSet<ModulePath>>,
) -> BTreeSet<&'a ModulePath> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&ModulePath> = edges[start].iter().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(edges.get(file).into_iter().flatten());
        }
    }
    reached
}

fn read_file(
    file: &Path,
    children: &Path,
    path: ModulePath,
    modules: &mut BTreeMap<ModulePath, Module>,
) {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let syntax: File =
        syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    read_items(&syntax.items, children, path.clone(), path, modules);
}

fn read_items(
    items: &[Item],
    children: &Path,
    path: ModulePath,
    file: ModulePath,
    modules: &mut BTreeMap<ModulePath, Module>,
) {
    let mut module = Module {
        file: file.clone(),
        ..Module::default()
    };
    for item in items {
        match item {
            Item::Mod(item) if item.attrs.iter().any(is_cfg_test) => {}
            Item::Mod(item) => {
                // Modules for different features have the same name and different `#[path]` attributes.
                let name = path_attribute(item).unwrap_or_else(|| item.ident.to_string());
                let child: ModulePath = path.iter().cloned().chain([name.clone()]).collect();
                let folder = children.join(&name);
                module
                    .names
                    .insert(item.ident.to_string(), Name::Module(child.clone()));
                match &item.content {
                    Some((_, items)) => read_items(items, &folder, child, file.clone(), modules),
                    None => {
                        let flat = children.join(format!("{name}.rs"));
                        let nested = folder.join("mod.rs");
                        let source = if flat.exists() { flat } else { nested };
                        read_file(&source, &folder, child, modules);
                    }
                }
            }
            Item::Use(item) => module.add_use(item),
            other => {
                if let Some(name) = defined_name(other) {
                    module.names.insert(name, Name::Item);
                }
                module.visit_item(other);
            }
        }
    }
    modules.insert(path, module);
}

impl Module {
    fn add_use(&mut self, item: &ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        for Leaf { path, name } in leaves {
            match name {
                Some(name) => {
                    self.names.insert(name, Name::Import(path.clone()));
                }
                None => self.globs.push(path.clone()),
            }
            if !is_reexport {
                self.paths.insert(path);
            }
        }
    }
}

/// One path of a `use` declaration and the name that it imports. A glob has no name.
struct Leaf {
    path: ModulePath,
    name: Option<String>,
}

fn flatten(tree: &UseTree, prefix: &mut ModulePath, leaves: &mut Vec<Leaf>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, leaves);
            }
        }
        UseTree::Glob(_) => leaves.push(Leaf {
            path: prefix.clone(),
            name: None,
        }),
        UseTree::Name(leaf) if leaf.ident == "self" => leaves.push(Leaf {
            path: prefix.clone(),
            name: prefix.last().cloned(),
        }),
        UseTree::Name(leaf) => leaves.push(Leaf {
            path: joined(prefix, leaf.ident.to_string()),
            name: Some(leaf.ident.to_string()),
        }),
        UseTree::Rename(leaf) => leaves.push(Leaf {
            path: joined(prefix, leaf.ident.to_string()),
            name: Some(leaf.rename.to_string()),
        }),
    }
}

fn joined(prefix: &[String], name: String) -> ModulePath {
    prefix.iter().cloned().chain([name]).collect()
}

impl<'ast> Visit<'ast> for Module {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string());
            self.paths.insert(segments.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        self.paths.extend(leaves.into_iter().map(|leaf| leaf.path));
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.literals.push(literal.value());
    }

    /// Skips attributes. Documentation is an attribute with a string literal, but it is not code.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// Returns the file name in `#[path = "name.rs"]`, without its extension.
fn path_attribute(item: &syn::ItemMod) -> Option<String> {
    let attribute = item
        .attrs
        .iter()
        .find(|attr| attr.path().is_ident("path"))?;
    let syn::Expr::Lit(value) = &attribute.meta.require_name_value().ok()?.value else {
        return None;
    };
    match &value.lit {
        syn::Lit::Str(path) => Some(path.value().strip_suffix(".rs")?.to_owned()),
        _ => None,
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|argument| argument == "test")
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
