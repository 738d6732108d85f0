//! The public API of the workspace: what rustdoc lists, found under the paths by which programs name it.
//!
//! It is read from the sources, because rustdoc has no stable format that a program could read; and rustdoc itself follows
//! every path of the data as a link (`links.md`), so that what is found here and what is there cannot come apart.

use std::collections::BTreeMap;
use std::path::Path;

use super::sources::{self, Definition, Module, Named};

/// The libraries: the name in a path, and the folder.
const CRATES: [(&str, &str); 5] = [
    ("socketserver", "crates/socketserver"),
    ("http_server", "crates/http-server"),
    ("wsgi_util", "crates/wsgi-util"),
    ("wsgi_handlers", "crates/wsgi-handlers"),
    ("wsgi_simple_server", "crates/wsgi-simple-server"),
];

/// What the libraries offer.
pub(super) struct Api {
    crates: BTreeMap<&'static str, Vec<Module>>,
}

impl Api {
    /// Reads the libraries of the workspace in `root`.
    ///
    /// # Errors
    ///
    /// Says which file cannot be read, or is no Rust.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let read = |(name, folder)| Ok((name, sources::read(root, folder)?));
        Ok(Self { crates: CRATES.into_iter().map(read).collect::<Result<_, String>>()? })
    }

    /// What `path` names, if it is public all the way: `socketserver::BaseServer::timeout`.
    pub(super) fn find(&self, path: &str) -> Option<&Named> {
        let mut steps = path.split("::").collect::<Vec<_>>();
        let name = steps.remove(0);
        let (name, modules) = self.crates.get_key_value(name)?;
        let mut place = modules.iter().find(|module| module.path.is_empty())?;
        while let Some(inner) = steps.first().and_then(|step| public_module(modules, place, step)) {
            place = inner;
            steps.remove(0);
        }
        match steps[..] {
            [item] => Some(&self.exported(name, place, item)?.1.named),
            [owner, member] => {
                let (krate, owner) = self.exported(name, place, owner)?;
                self.member(krate, owner, member)
            }
            _ => None,
        }
    }

    /// The path of what bears Python's name in a module, or would be found there under it; members are not looked at.
    pub(super) fn called(&self, module: &str, python: &str) -> Option<String> {
        let (name, path) = module.split_once("::").map_or((module, None), |(a, b)| (a, Some(b)));
        let mut modules = self.crates.get(name)?.iter();
        let place = modules.find(|module| module.path.first().map(String::as_str) == path)?;
        let own = place.definitions.iter().filter(|d| d.public).map(|d| d.named.name.as_str());
        let mut shown = own.chain(place.reexports.iter().map(|reexport| reexport.name.as_str()));
        let path = |shown: &str| format!("{module}::{shown}");
        shown
            .find(|shown| self.find(&path(shown)).is_some_and(|item| item.is_called(python)))
            .map(path)
    }

    /// What `place` shows to the world under this name, and the crate that defines it.
    fn exported<'a>(
        &'a self,
        krate: &'static str,
        place: &'a Module,
        name: &str,
    ) -> Option<(&'static str, &'a Definition)> {
        if let Some(own) = place.definitions.iter().find(|d| d.public && d.named.name == name) {
            return Some((krate, own));
        }
        let reexport = place.reexports.iter().find(|reexport| reexport.name == name)?;
        self.resolve(krate, place, &reexport.path)
    }

    /// Follows the path of a `pub use` that stands in `place`.
    fn resolve(
        &self,
        krate: &'static str,
        place: &Module,
        path: &[String],
    ) -> Option<(&'static str, &Definition)> {
        let (name, modules_of_path) = path.split_last()?;
        // A whole crate is passed on (`pub use socketserver;`), whose items are found under its own name.
        if modules_of_path.is_empty() {
            return None;
        }
        let (mut krate, mut at) = (krate, place.path.clone());
        for (index, step) in modules_of_path.iter().enumerate() {
            match step.as_str() {
                "self" => {}
                "super" => drop(at.pop()),
                "crate" => at.clear(),
                other => match self.crates.get_key_value(other).filter(|_| index == 0) {
                    Some((other, _)) => (krate, at) = (other, Vec::new()),
                    None => at.push(other.to_owned()),
                },
            }
        }
        let target = self.crates.get(krate)?.iter().find(|module| module.path == at)?;
        self.exported(krate, target, name)
    }

    /// A field, a variant or a method of what is defined there. What a type has from a trait is found with the trait.
    fn member<'a>(&'a self, krate: &str, owner: &'a Definition, name: &str) -> Option<&'a Named> {
        let of = owner.alias_of.as_ref().unwrap_or(&owner.named.name);
        let impls = self.crates.get(krate)?.iter().flat_map(|module| &module.impls);
        let methods = impls.filter(|block| block.of == *of).flat_map(|block| &block.members);
        owner.members.iter().chain(methods).find(|member| member.name == name)
    }
}

fn public_module<'a>(modules: &'a [Module], within: &Module, name: &str) -> Option<&'a Module> {
    modules.iter().find(|module| {
        module.public
            && module
                .path
                .split_last()
                .is_some_and(|(last, rest)| last == name && rest == within.path)
    })
}
