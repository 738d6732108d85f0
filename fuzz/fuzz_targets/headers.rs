//! `Headers`: they do what a list of pairs does, and no pair of them is ever more than one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsgi_util::Headers;

type Pairs = Vec<(String, String)>;

fuzz_target!(|text: &str| {
    let mut headers = Headers::new();
    let mut pairs: Pairs = Vec::new();
    // Each step is a letter, a name and a value; whatever separates them may not stand in a header either.
    for step in text.split('\u{1}') {
        let (head, value) = step.split_once('\u{2}').unwrap_or((step, ""));
        let mut chars = head.chars();
        let (action, name) = (chars.next(), chars.as_str());
        let done = match action {
            Some('s') => headers.set(name, value).map(|()| {
                remove(&mut pairs, name);
                pairs.push((name.to_owned(), value.to_owned()));
            }),
            Some('d') => headers.setdefault(name, value).map(str::to_owned).map(|got| {
                if first(&pairs, name).is_none() {
                    pairs.push((name.to_owned(), value.to_owned()));
                }
                assert_eq!(Some(got.as_str()), first(&pairs, name));
            }),
            Some('r') => {
                headers.remove(name);
                remove(&mut pairs, name);
                Ok(())
            }
            Some('p') => headers.add_header(name, None, &[("a_b", Some(value))]).map(|()| {
                let last = headers.values().last().expect("it was added");
                pairs.push((name.to_owned(), last.to_owned()));
            }),
            _ => headers.append(name, value).map(|()| {
                pairs.push((name.to_owned(), value.to_owned()));
            }),
        };
        let has_control = |text: &str| text.chars().any(|c| c.is_ascii_control() && c != '\t');
        assert!(done.is_ok() || has_control(name) || has_control(value) || name.contains('\t'));
        assert_eq!(headers.get(name), first(&pairs, name), "{name:?}");
        assert_eq!(headers.contains(name), first(&pairs, name).is_some());
        assert_eq!(headers.get_all(name), all(&pairs, name));
    }
    assert_eq!(headers.len(), pairs.len());
    let kept: Pairs =
        headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(kept, pairs);
    let lines: String = pairs.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    assert_eq!(headers.lines(), lines);
    assert_eq!(lines.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count(), 2 * pairs.len());
    match headers.to_bytes() {
        Ok(bytes) => {
            assert_eq!(bytes.len(), lines.chars().count() + 2);
            assert!(bytes.ends_with(b"\r\n"));
        }
        Err(_) => assert!(lines.chars().any(|c| c > '\u{ff}')),
    }
});

fn all<'p>(pairs: &'p Pairs, wanted: &str) -> Vec<&'p str> {
    let named = pairs.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    named.map(|(_, value)| value.as_str()).collect()
}

fn first<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    all(pairs, name).first().copied()
}

fn remove(pairs: &mut Pairs, removed: &str) {
    pairs.retain(|(name, _)| !name.eq_ignore_ascii_case(removed));
}
