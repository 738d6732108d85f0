//! What cases are played on, for people who want to look at it and for other people's servers.

use super::Args;
use crate::Problem;
use crate::subjects::{self, tree};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Serves until standard input ends or the process does.
pub(super) fn serve(name: &str, args: &Args) -> Result<(), Problem> {
    if let Some(descriptors) = args.descriptors {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(descriptors), maximum })
            .map_err(io::Error::from)?;
    }
    let options = if args.hasty { subjects::hasty() } else { subjects::http11() };
    let served = subjects::start_on(("127.0.0.1", args.port), name, &options)?;
    writeln!(io::stdout(), "{} serves on {}; Ctrl-C ends it", served.name, served.address)?;
    // A parent that dies, or a person who types Ctrl-D, ends this.
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

/// Fills a folder.
pub(super) fn make_tree(folder: &Path) -> Result<(), Problem> {
    let problem = |error| Problem::new(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(problem)?;
    if fs::read_dir(folder).map_err(problem)?.next().is_some() {
        return Err(Problem::new(format!(
            "{} is not empty; give a folder that is, or a new one",
            folder.display()
        )));
    }
    tree::make(folder).map_err(problem)?;
    let served = folder.join(tree::SERVED);
    writeln!(
        io::stdout(),
        "have your server serve {0}, as with: python3 -m http.server --directory {0}",
        served.display()
    )?;
    Ok(())
}
