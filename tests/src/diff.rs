//! Shows how two answers differ, as a unified diff.

use crate::golden::Answer;

/// The lines of both answers: ` ` for those they share, `-` for those of the expected one alone, `+` for ours.
///
/// Line ends and control characters are shown as escapes. Lines of the log begin with `log`, and the last one before them
/// says how the connection ended.
#[must_use]
pub fn unified(source: &str, expected: &Answer, ours: &Answer) -> String {
    let mut text = format!("--- {source}\n+++ our server\n");
    for (mark, line) in lines(&shown(expected), &shown(ours)) {
        text += &format!("{mark}{line}\n");
    }
    text
}

fn shown(answer: &Answer) -> Vec<String> {
    let mut lines: Vec<String> =
        answer.response.split_inclusive('\n').map(|line| line.escape_debug().to_string()).collect();
    lines.push(format!("(ending: {})", answer.ending));
    lines.extend(answer.log.iter().map(|line| format!("log {}", line.escape_debug())));
    lines
}

/// Walks along a longest common subsequence.
fn lines<'l>(old: &'l [String], new: &'l [String]) -> Vec<(char, &'l str)> {
    // `common[i][j]` is the length of the longest one of `old[i..]` and `new[j..]`.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push((' ', old[i].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push(('-', old[i].as_str()));
            i += 1;
        } else {
            out.push(('+', new[j].as_str()));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unified;
    use crate::golden::Answer;

    #[test]
    fn shared_lines_are_shown_once_and_in_order() {
        let answer = |response: &str, log: &[&str]| Answer {
            response: response.to_owned(),
            ending: "eof".to_owned(),
            log: log.iter().map(|line| (*line).to_owned()).collect(),
        };
        let expected = answer("HTTP/1.0 200 OK\r\nA: 1\r\n\r\nold", &["a line"]);
        let ours = answer("HTTP/1.0 200 OK\r\nA: 1\r\nB: 2\r\n\r\nnew", &["a line", "another"]);
        let text = unified("CPython", &expected, &ours);
        let wanted = [
            "--- CPython",
            "+++ our server",
            " HTTP/1.0 200 OK\\r\\n",
            " A: 1\\r\\n",
            "+B: 2\\r\\n",
            " \\r\\n",
            "-old",
            "+new",
            " (ending: eof)",
            " log a line",
            "+log another",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
    }
}
