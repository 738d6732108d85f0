//! Whether there is a directory to serve.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::printable::Printable;
use crate::start_error::words_of;

/// Returns the whole path of a directory that can be read.
///
/// # Errors
///
/// Why it cannot, and the way out.
pub(super) fn open(directory: &Path) -> Result<PathBuf, String> {
    let shown = shown(directory);
    // Symbolic links in it stay, so that who moves one has another directory served.
    let whole = std::path::absolute(directory)
        .map_err(|error| format!("cannot find {shown}: {}", words_of(&error)))?;
    match fs::read_dir(&whole) {
        Ok(_) => Ok(whole),
        Err(error) => Err(match error.kind() {
            ErrorKind::NotFound => {
                format!("there is no directory {shown}: name one that exists, or none for this one")
            }
            ErrorKind::NotADirectory => match directory.parent() {
                Some(parent) if directory.is_file() => {
                    let parent =
                        if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                    format!(
                        "{shown} is a file: name a directory, such as {}, where it lies",
                        self::shown(parent)
                    )
                }
                _ => format!("{shown} is no directory: name one"),
            },
            ErrorKind::PermissionDenied => {
                format!(
                    "{shown} must not be read: have its owner allow it (chmod +rx), or name another directory"
                )
            }
            _ => format!("cannot read {shown}: {}", words_of(&error)),
        }),
    }
}

/// Whether the page is there that is to be sent for what is not.
///
/// # Errors
///
/// Why not, and the way out.
pub(super) fn check_page(directory: &Path, page: Option<&Path>) -> Result<(), String> {
    match page {
        Some(page) if !directory.join(page).is_file() => Err(format!(
            "there is no {} in {} for --spa: build it first, or name another page with --spa=PAGE",
            shown(page),
            shown(directory)
        )),
        _ => Ok(()),
    }
}

/// A path as a person may read it.
pub(super) fn shown(path: &Path) -> String {
    Printable(path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_one_that_can_be_read() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a\u{1b}.txt");
        fs::write(&file, "").unwrap();
        assert_eq!(open(root.path()).unwrap(), root.path());
        let parent = root.path().display();
        assert_eq!(
            open(&file).unwrap_err(),
            format!(
                "{parent}/a\\u{{1b}}.txt is a file: name a directory, such as {parent}, where it lies"
            )
        );
        assert_eq!(
            open(&file.join("below")).unwrap_err(),
            format!("{parent}/a\\u{{1b}}.txt/below is no directory: name one")
        );
        assert_eq!(
            open(&root.path().join("none")).unwrap_err(),
            format!(
                "there is no directory {parent}/none: name one that exists, or none for this one"
            )
        );
    }

    #[test]
    fn a_page_for_what_is_not_there_has_to_be_there() {
        let root = tempfile::tempdir().unwrap();
        let page = Some(Path::new("index.html"));
        assert_eq!(check_page(root.path(), None), Ok(()));
        assert!(
            check_page(root.path(), page).unwrap_err().starts_with("there is no index.html in ")
        );
        fs::write(root.path().join("index.html"), "").unwrap();
        assert_eq!(check_page(root.path(), page), Ok(()));
    }
}
