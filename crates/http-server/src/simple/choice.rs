//! Which file is sent for a path, where there are several that could be.

use super::coding::{Coding, accepted};
use super::file_reply::Found;
use super::inside::{self, Opened};
use super::target::Target;
use super::{FileObject, SimpleHttpRequestHandler, state};
use crate::Exchange;
use crate::conditional::Validators;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

impl SimpleHttpRequestHandler {
    /// Finds the page that stands for a directory. There may be one that cannot be served.
    pub(super) fn index_page(
        &self,
        directory: &Path,
    ) -> Option<(PathBuf, io::Result<Option<Opened>>)> {
        let pages = self.settings.index_pages.iter().map(|page| directory.join(page));
        pages.into_iter().find_map(|page| match inside::open(&self.settings, &page) {
            Ok(Some(Opened::Directory(_))) => None,
            Ok(None) | Err(_) if !page.is_file() => None,
            found => Some((page, found)),
        })
    }

    /// The page to send for a path that is not there: for what a person may have typed, not for a script or an image that is
    /// missing, which a program would take for one.
    pub(super) fn fallback(&self, x: &mut Exchange<'_>) -> Option<PathBuf> {
        let page = self.settings.fallback.as_ref()?;
        if !Target::new(x.path()).last_name_is_plain() {
            return None;
        }
        let mut wishes = x.headers().get_all("Accept").peekable();
        let takes_pages = wishes.peek().is_none()
            || wishes.any(|accept| accept.contains("text/html") || accept.contains("*/*"));
        if !takes_pages {
            // The 404 is not for everybody, and a cache has to know.
            x.need_field("Vary", "Accept");
            return None;
        }
        Some(self.settings.directory.join(page))
    }

    /// Sends a file, or what the client prefers to it: the same in a coding, from a neighbour or made now.
    pub(super) fn answer_in_a_coding(
        &self,
        mut plain: Found<'_>,
        file: File,
        path: &Path,
        x: &mut Exchange<'_>,
        now: SystemTime,
    ) -> io::Result<Option<FileObject>> {
        if !self.settings.precompressed && !self.compresses(&plain) {
            return plain.answer(file, self, x, now);
        }
        plain.vary =
            plain.vary.map_or(Some("Accept-Encoding"), |_| Some("Accept, Accept-Encoding"));
        // A part is one of the file itself; those of two codings would not fit together.
        if x.headers().contains("Range") {
            return plain.answer(file, self, x, now);
        }
        let accepted = accepted(&x.headers());
        if self.settings.precompressed {
            let neighbours = accepted.iter().map(|&coding| (coding, self.neighbour(path, coding)));
            for (coding, neighbour) in neighbours {
                let Some((neighbour, metadata)) = neighbour.filter(|(_, of)| is_as_new(of, &plain))
                else {
                    continue;
                };
                let etag = state::validators(&metadata, now).etag;
                let found = Found {
                    size: metadata.len(),
                    validators: Validators { etag, ..plain.validators },
                    coding: Some(coding),
                    ..plain
                };
                return found.answer(neighbour, self, x, now);
            }
        }
        self.answer_compressed(plain, file, &accepted, x, now)
    }

    /// The file in a coding that lies beside a file.
    fn neighbour(&self, path: &Path, coding: Coding) -> Option<(File, Metadata)> {
        let mut name = path.as_os_str().to_owned();
        name.push(coding.extension());
        match inside::open(&self.settings, Path::new(&name)) {
            Ok(Some(Opened::File(file, metadata))) => Some((file, metadata)),
            _ => None,
        }
    }

    #[cfg(feature = "gzip")]
    fn compresses(&self, plain: &Found<'_>) -> bool {
        self.settings.gzip && super::gzip::is_worth_it(plain.size, plain.content_type)
    }

    #[cfg(not(feature = "gzip"))]
    fn compresses(&self, _plain: &Found<'_>) -> bool {
        false
    }

    #[cfg(feature = "gzip")]
    fn answer_compressed(
        &self,
        plain: Found<'_>,
        file: File,
        accepted: &[Coding],
        x: &mut Exchange<'_>,
        now: SystemTime,
    ) -> io::Result<Option<FileObject>> {
        use crate::conditional::EntityTag;
        if !self.compresses(&plain) || !accepted.contains(&Coding::Gzip) {
            return plain.answer(file, self, x, now);
        }
        match super::gzip::Compressed::new(file, plain.size, &self.places) {
            Err(file) => plain.answer(file, self, x, now),
            Ok(body) => {
                // Another version of the compressor may make other bytes of it, hence weak.
                let tag = |etag: &EntityTag| EntityTag::weak(format!("{}-gzip", etag.opaque()));
                let etag = plain.validators.etag.as_ref().and_then(tag);
                let found = Found {
                    validators: Validators { etag, ..plain.validators },
                    coding: Some(Coding::Gzip),
                    ..plain
                };
                found.answer_with(FileObject::new(body), self, x)
            }
        }
    }

    #[cfg(not(feature = "gzip"))]
    fn answer_compressed(
        &self,
        plain: Found<'_>,
        file: File,
        _accepted: &[Coding],
        x: &mut Exchange<'_>,
        now: SystemTime,
    ) -> io::Result<Option<FileObject>> {
        plain.answer(file, self, x, now)
    }
}

/// Whether a neighbour was made of the file as it is now.
fn is_as_new(neighbour: &Metadata, plain: &Found<'_>) -> bool {
    let (Ok(made), Some(modified)) = (neighbour.modified(), plain.validators.last_modified) else {
        return false;
    };
    made >= modified
}
