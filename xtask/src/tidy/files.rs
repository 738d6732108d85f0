//! Reads the text files of the workspace.

use std::fs;
use std::io;
use std::path::Path;

/// One file of the workspace.
pub(super) struct File {
    /// From the root of the workspace, with `/` on every system.
    pub(super) path: String,
    /// Bytes that are no UTF-8 appear as replacement characters; no check looks at those.
    pub(super) text: String,
}

/// Every file that belongs to the workspace, sorted by path. What builds leave behind is passed over.
pub(super) fn read(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    visit(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn visit(folder: &Path, prefix: &str, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !is_generated(&name) && !FUZZING.contains(&path.as_str()) {
            visit(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() && name != "Cargo.lock" {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// What fuzzing leaves behind: bytes, thousands of files of them.
const FUZZING: [&str; 3] = ["fuzz/artifacts", "fuzz/corpus", "fuzz/coverage"];

fn is_generated(folder: &str) -> bool {
    matches!(folder, ".git" | ".venv" | "__pycache__" | "node_modules")
        || folder.starts_with("target")
}
