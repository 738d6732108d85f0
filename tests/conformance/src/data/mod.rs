//! Cases that are data: files of `cases/`, whose form `README.md` describes.

mod answer;
mod file;
mod part;
mod play;
mod variables;

pub use answer::{Expected, Status};
pub use file::{DataCase, Then, read_file, read_suite};
pub use part::Part;
pub use play::play;
