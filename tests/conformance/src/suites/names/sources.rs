//! The modules of a crate, read from its sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::check::last_word;
use syn::{
    Attribute, Expr, Fields, ImplItem, Item, Lit, Meta, TraitItem, Type, UseTree, Visibility,
};

/// One thing that has a name, as rustdoc would show it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    /// What `#[doc(alias)]` adds: the spellings under which the search of rustdoc finds it, too.
    pub(super) aliases: BTreeSet<String>,
    pub(super) documented: bool,
    /// The file it is written in, from the root of the workspace.
    pub(super) file: String,
}

impl Named {
    /// Whether Python's `BaseServer.timeout` is found under this name, or an alias of it.
    pub(super) fn is_called(&self, python: &str) -> bool {
        let word = last_word(python);
        self.name == word || self.aliases.contains(word)
    }
}

/// What is defined under a name.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) named: Named,
    pub(super) public: bool,
    /// Public fields, variants, or what a trait declares.
    pub(super) members: Vec<Named>,
    /// The type that a `type` stands for.
    pub(super) alias_of: Option<String>,
}

/// What an `impl` block adds to a type, without a trait.
#[derive(Debug)]
pub(super) struct Impl {
    pub(super) of: String,
    pub(super) members: Vec<Named>,
}

/// `pub use path as name`.
#[derive(Debug)]
pub(super) struct Reexport {
    pub(super) name: String,
    pub(super) path: Vec<String>,
}

/// A module, with what it defines and passes on.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The names of the modules it is in; empty for the root.
    pub(super) path: Vec<String>,
    pub(super) public: bool,
    pub(super) definitions: Vec<Definition>,
    pub(super) reexports: Vec<Reexport>,
    pub(super) impls: Vec<Impl>,
}

/// All modules of the crate in `folder`, the root first.
///
/// # Errors
///
/// Says which file cannot be read, or is no Rust.
pub(super) fn read(root: &Path, folder: &str) -> Result<Vec<Module>, String> {
    let mut reader = Reader { root: root.to_owned(), modules: Vec::new() };
    let source = root.join(folder).join("src");
    reader.file(&source.join("lib.rs"), &source, Vec::new(), true)?;
    Ok(reader.modules)
}

struct Reader {
    root: PathBuf,
    modules: Vec<Module>,
}

impl Reader {
    /// Reads the module in `file`, whose own modules lie in `folder`.
    fn file(
        &mut self,
        file: &Path,
        folder: &Path,
        path: Vec<String>,
        public: bool,
    ) -> Result<(), String> {
        let text =
            fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let parsed =
            syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let place =
            file.strip_prefix(&self.root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        self.items(parsed.items, &place, folder, path, public)
    }

    fn items(
        &mut self,
        items: Vec<Item>,
        place: &str,
        folder: &Path,
        path: Vec<String>,
        public: bool,
    ) -> Result<(), String> {
        let mut module = Module { path: path.clone(), public, ..Module::default() };
        for item in items {
            match item {
                Item::Mod(inner) if is_test(&inner.attrs) => {}
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let path = [path.clone(), vec![name.clone()]].concat();
                    let (public, folder) = (is_public(&inner.vis), folder.join(&name));
                    match inner.content {
                        Some((_, items)) => self.items(items, place, &folder, path, public)?,
                        None => {
                            let beside = folder.with_extension("rs");
                            let file = if beside.exists() { beside } else { folder.join("mod.rs") };
                            self.file(&file, &folder, path, public)?;
                        }
                    }
                }
                Item::Use(item) if is_public(&item.vis) => {
                    reexports(&item.tree, &[], &mut module.reexports)
                }
                Item::Impl(item) => module.impls.extend(implementation(item, place)),
                item => module.definitions.extend(definition(item, place)),
            }
        }
        self.modules.push(module);
        Ok(())
    }
}

fn reexports(tree: &UseTree, prefix: &[String], into: &mut Vec<Reexport>) {
    let with = |name: &dyn ToString| [prefix, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(tree) => reexports(&tree.tree, &with(&tree.ident), into),
        UseTree::Name(tree) => {
            into.push(Reexport { name: tree.ident.to_string(), path: with(&tree.ident) })
        }
        UseTree::Rename(tree) => {
            into.push(Reexport { name: tree.rename.to_string(), path: with(&tree.ident) })
        }
        UseTree::Group(tree) => tree.items.iter().for_each(|tree| reexports(tree, prefix, into)),
        // None of the crates has a glob in its public API; what one would pass on is not found.
        _ => {}
    }
}

fn definition(item: Item, place: &str) -> Option<Definition> {
    let plain = |named, vis: &Visibility, members| {
        Some(Definition { named, public: is_public(vis), members, alias_of: None })
    };
    match item {
        Item::Struct(item) => {
            plain(named(&item.ident, &item.attrs, place), &item.vis, fields(&item.fields, place))
        }
        Item::Enum(item) => {
            let variants = item.variants.iter().map(|v| named(&v.ident, &v.attrs, place)).collect();
            plain(named(&item.ident, &item.attrs, place), &item.vis, variants)
        }
        Item::Trait(item) => {
            let members =
                item.items.iter().filter_map(|member| trait_member(member, place)).collect();
            plain(named(&item.ident, &item.attrs, place), &item.vis, members)
        }
        Item::Fn(item) => plain(named(&item.sig.ident, &item.attrs, place), &item.vis, Vec::new()),
        Item::Const(item) => plain(named(&item.ident, &item.attrs, place), &item.vis, Vec::new()),
        Item::Static(item) => plain(named(&item.ident, &item.attrs, place), &item.vis, Vec::new()),
        Item::Type(item) => Some(Definition {
            named: named(&item.ident, &item.attrs, place),
            public: is_public(&item.vis),
            members: Vec::new(),
            alias_of: type_name(&item.ty),
        }),
        _ => None,
    }
}

fn fields(fields: &Fields, place: &str) -> Vec<Named> {
    let public = fields.iter().filter(|field| is_public(&field.vis));
    public.filter_map(|field| Some(named(field.ident.as_ref()?, &field.attrs, place))).collect()
}

fn trait_member(member: &TraitItem, place: &str) -> Option<Named> {
    match member {
        TraitItem::Fn(item) => Some(named(&item.sig.ident, &item.attrs, place)),
        TraitItem::Const(item) => Some(named(&item.ident, &item.attrs, place)),
        TraitItem::Type(item) => Some(named(&item.ident, &item.attrs, place)),
        _ => None,
    }
}

fn implementation(item: syn::ItemImpl, place: &str) -> Option<Impl> {
    if item.trait_.is_some() {
        return None;
    }
    let members = item.items.iter().filter_map(|member| match member {
        ImplItem::Fn(item) if is_public(&item.vis) => {
            Some(named(&item.sig.ident, &item.attrs, place))
        }
        ImplItem::Const(item) if is_public(&item.vis) => {
            Some(named(&item.ident, &item.attrs, place))
        }
        _ => None,
    });
    Some(Impl { of: type_name(&item.self_ty)?, members: members.collect() })
}

/// `Server` for `crate::Server<T, C>`, and for references and boxes of it nothing.
fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

fn named(name: &syn::Ident, attributes: &[Attribute], place: &str) -> Named {
    let is_doc = |attribute: &&Attribute| attribute.path().is_ident("doc");
    let mut aliases = BTreeSet::new();
    let mut documented = false;
    for attribute in attributes.iter().filter(is_doc) {
        match &attribute.meta {
            Meta::NameValue(_) => documented = true,
            Meta::List(_) => {
                // `alias = "name"`; other things that may stand there are none of ours.
                let _ = attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("alias") {
                        if let Expr::Lit(literal) = meta.value()?.parse::<Expr>()? {
                            if let Lit::Str(text) = literal.lit {
                                aliases.insert(text.value());
                            }
                        }
                    }
                    Ok(())
                });
            }
            Meta::Path(_) => {}
        }
    }
    Named { name: name.to_string(), aliases, documented, file: place.to_owned() }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "test")
    })
}
