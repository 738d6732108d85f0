//! `wsgiref.util.shift_path_info`.

use crate::Environ;

/// Moves the first segment of `PATH_INFO` to `SCRIPT_NAME` and gives it: how applications are put below one another.
///
/// Empty segments and `.` are passed over, `..` climbs. `None` means that no segment is left, or that it was `.`; an
/// empty text means that the path was `/`, which then ends `SCRIPT_NAME`, so that `/x` and `/x/` can be told apart.
/// A `PATH_INFO` that does not begin with `/` (the `*` of `OPTIONS *`) has no segments and stays as it is.
///
/// ```
/// use wsgi_util::{Environ, shift_path_info};
///
/// let mut environ = Environ::from([("SCRIPT_NAME", "/shop"), ("PATH_INFO", "/items/12")]);
/// assert_eq!(shift_path_info(&mut environ).as_deref(), Some("items"));
/// assert_eq!(environ.get("SCRIPT_NAME").as_deref(), Some("/shop/items"));
/// assert_eq!(environ.get("PATH_INFO").as_deref(), Some("/12"));
///
/// assert_eq!(shift_path_info(&mut environ).as_deref(), Some("12"));
/// assert_eq!(shift_path_info(&mut environ), None);
/// ```
pub fn shift_path_info(environ: &mut Environ<'_>) -> Option<String> {
    let path_info = environ.get("PATH_INFO")?.into_owned();
    let mut segments: Vec<&str> = path_info.strip_prefix('/')?.split('/').collect();
    let last = segments.pop()?;
    segments.retain(|segment| !matches!(*segment, "" | "."));
    segments.push(last);
    let name = segments.remove(0);

    let script_name = environ.get("SCRIPT_NAME").unwrap_or_default();
    let mut script_name = normpath(&format!("{script_name}/{name}"));
    if script_name.ends_with('/') {
        script_name.pop();
    }
    if name.is_empty() && !script_name.ends_with('/') {
        script_name.push('/');
    }
    let rest: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
    environ.insert("SCRIPT_NAME", script_name);
    environ.insert("PATH_INFO", rest);
    (name != ".").then(|| name.to_owned())
}

/// Python's `posixpath.normpath`: no empty segment, no `.`, and `..` only where there is nothing to climb from.
fn normpath(path: &str) -> String {
    // Exactly two slashes at the start stay two: POSIX lets them mean something else.
    let root = match path.bytes().take_while(|byte| *byte == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
        match segments.last() {
            _ if segment != ".." => segments.push(segment),
            Some(&"..") => segments.push(segment),
            Some(_) => drop(segments.pop()),
            None if root.is_empty() => segments.push(segment),
            None => {}
        }
    }
    match root.to_owned() + &segments.join("/") {
        empty if empty.is_empty() => ".".to_owned(),
        path => path,
    }
}
