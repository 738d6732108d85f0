//! An address as a code that the camera of a telephone reads (QR, ISO/IEC 18004).

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code (ISO/IEC 18004: four).
const QUIET: i32 = 4;

/// The code in lines of characters, each two modules high; none for a text that is too long for any.
///
/// Light modules are drawn, as most terminals are dark. With `colours` the terminal is told what is light.
pub(super) fn code(text: &str, colours: bool) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let end = code.size() + QUIET;
    // Beyond its edge the code is light.
    let is_light = |x, y| y < end && !code.get_module(x, y);
    let line = |y| {
        let modules = (-QUIET..end).map(|x| match (is_light(x, y), is_light(x, y + 1)) {
            (true, true) => '\u{2588}',
            (true, false) => '\u{2580}',
            (false, true) => '\u{2584}',
            (false, false) => ' ',
        });
        let modules: String = modules.collect();
        if colours { format!("{WHITE_ON_BLACK}{modules}{RESET}") } else { modules }
    };
    let lines: Vec<String> = (-QUIET..end).step_by(2).map(line).collect();
    Some(lines.join("\n"))
}

const WHITE_ON_BLACK: &str = "\x1b[97;40m";
const RESET: &str = "\x1b[0m";

#[cfg(test)]
mod tests {
    use super::*;

    /// What is drawn, as rows of light (true) and dark.
    fn drawn(picture: &str) -> Vec<Vec<bool>> {
        let half = |line: &str, full: char, half: char| {
            line.chars().map(|c| c == full || c == half).collect()
        };
        picture
            .lines()
            .flat_map(|line| {
                [half(line, '\u{2588}', '\u{2580}'), half(line, '\u{2588}', '\u{2584}')]
            })
            .collect()
    }

    #[test]
    fn what_is_drawn_is_the_code_and_light_around_it() {
        let url = "http://192.168.178.20:8000/";
        let code = QrCode::encode_text(url, QrCodeEcc::Low).unwrap();
        let rows = drawn(&super::code(url, false).unwrap());
        let side = usize::try_from(code.size() + 2 * QUIET).unwrap();
        assert!(rows.len() >= side && rows.iter().all(|row| row.len() == side));
        for (y, row) in (-QUIET..).zip(&rows[..side]) {
            for (x, light) in (-QUIET..).zip(row) {
                assert_eq!(*light, !code.get_module(x, y), "{x} {y}");
            }
        }
    }

    #[test]
    fn a_terminal_is_told_the_colours() {
        let coloured = super::code("x", true).unwrap();
        assert!(
            coloured.lines().all(|line| line.starts_with(WHITE_ON_BLACK) && line.ends_with(RESET))
        );
        let plain = coloured.replace(WHITE_ON_BLACK, "").replace(RESET, "");
        assert_eq!(plain, super::code("x", false).unwrap());
        assert_eq!(super::code(&"x".repeat(5000), false), None);
    }
}
