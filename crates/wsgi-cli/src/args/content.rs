//! Options: which files there are, and what is sent with them.

use std::path::{Component, Path, PathBuf};

use clap::Args;
use http_server::SimpleHandlerOptions;
use http_server::proto::{check_field_name, check_field_value};

use crate::quantity::OrOff;

/// Which files there are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which files")]
pub(crate) struct Visibility {
    /// Also serve and list names that begin with a dot, which are 404 otherwise
    #[arg(long)]
    hidden: bool,

    /// Follow symbolic links out of the directory; without it they are 404, and those within are followed
    #[arg(long)]
    follow_symlinks: bool,

    /// List directories as CPython does, byte for byte, and in no other form (JSON, tar)
    #[arg(long)]
    classic_listing: bool,

    /// Send this page, below DIR, for every path that is not there, for applications that make their pages in the browser
    ///
    /// Only to who takes pages, and only for paths whose last name has no dot: an image that is not there is 404.
    /// Without a name it is index.html.
    #[arg(long, value_name = "PAGE", num_args = 0..=1, require_equals = true, default_missing_value = "index.html", value_parser = page)]
    pub(super) spa: Option<PathBuf>,
}

/// What is sent with the files.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is sent with them")]
pub(crate) struct Dressing {
    /// The type of files whose extension says nothing
    #[arg(long, value_name = "TYPE", default_value = "application/octet-stream", value_parser = field_value)]
    content_type: String,

    /// The charset that text types are sent with; off sends none, and browsers guess
    #[arg(long, value_name = "NAME", default_value = "utf-8", value_parser = charset)]
    charset: OrOff<String>,

    /// Send this field with files and listings, unless they have one of that name; can be repeated
    #[arg(short = 'H', long = "header", value_names = ["NAME", "VALUE"], num_args = 2, allow_negative_numbers = true)]
    header: Vec<String>,

    /// Send this Cache-Control: no-store, max-age=3600, ...
    #[arg(long, value_name = "VALUE", value_parser = field_value)]
    cache_control: Option<String>,

    /// Let the pages of this site read the files (CORS), or without a site, those of all
    #[arg(long, value_name = "ORIGIN", num_args = 0..=1, require_equals = true, default_missing_value = "*", value_parser = origin)]
    cors: Option<String>,

    /// Compress text while it is sent; such a download has no length, and cannot be resumed
    #[arg(long)]
    gzip: bool,

    /// Send FILE.br, FILE.zst or FILE.gz in the place of FILE to who takes it, if it is there and not older
    #[arg(long)]
    precompressed: bool,
}

impl Visibility {
    /// Writes the options down where they belong.
    pub(super) fn apply(&self, options: SimpleHandlerOptions) -> SimpleHandlerOptions {
        options
            .hide_dotfiles(!self.hidden)
            .follow_links_outside(self.follow_symlinks)
            .listing_formats(!self.classic_listing)
            .fallback(self.spa.clone())
    }
}

impl Dressing {
    /// What is wrong with the fields.
    pub(super) fn check(&self) -> Result<(), String> {
        self.fields().try_for_each(|(name, value)| {
            let about = |words: String| format!("--header {name}: {words}");
            check_field_name(name).map_err(|error| about(error.to_string()))?;
            check_field_value(name, value).map_err(|error| about(error.to_string()))?;
            match DECIDED.iter().find(|decided| decided.eq_ignore_ascii_case(name)) {
                Some(_) => Err(about("the server decides how a body is framed".into())),
                None => Ok(()),
            }
        })
    }

    /// Writes the options down where they belong.
    pub(super) fn apply(&self, options: SimpleHandlerOptions) -> SimpleHandlerOptions {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        options
            .default_content_type(self.content_type.clone())
            .charset(self.charset.clone().on())
            .extra_response_headers(self.fields().map(owned).collect())
            .cache_control(self.cache_control.clone())
            .allow_origin(self.cors.clone())
            .gzip(self.gzip)
            .precompressed(self.precompressed)
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.header.chunks_exact(2).filter_map(|pair| match pair {
            [name, value] => Some((&**name, &**value)),
            _ => None,
        })
    }
}

/// What tells clients where a body ends, which a field by request could contradict.
const DECIDED: [&str; 2] = ["Content-Length", "Transfer-Encoding"];

fn page(text: &str) -> Result<PathBuf, String> {
    let page = Path::new(text.trim_start_matches('/'));
    let is_below = page.components().all(|part| matches!(part, Component::Normal(_)));
    match is_below && page.file_name().is_some() {
        true => Ok(page.to_owned()),
        false => Err("give the path of a page below DIR, such as app/index.html".into()),
    }
}

fn field_value(text: &str) -> Result<String, String> {
    match check_field_value("", text) {
        Ok(()) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("give the value of a header field: visible characters, without line ends".into()),
    }
}

fn charset(text: &str) -> Result<OrOff<String>, String> {
    // RFC 9110 §8.3.2: a token.
    match check_field_name(text) {
        Ok(()) if text == "off" => Ok(OrOff::Off),
        Ok(()) => Ok(OrOff::On(text.to_owned())),
        Err(_) => Err("give the name of a charset, such as utf-8, or off".into()),
    }
}

fn origin(text: &str) -> Result<String, String> {
    let is_site = text.split_once("://").is_some_and(|(scheme, host)| {
        check_field_name(scheme).is_ok() && !host.is_empty() && !host.contains(['/', '?', '#'])
    });
    match text == "*" || (is_site && field_value(text).is_ok()) {
        true => Ok(text.to_owned()),
        false => {
            Err("give a site without a path, such as https://example.org, or * for all".into())
        }
    }
}
