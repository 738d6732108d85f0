//! `Headers` (subjects of CPython's HeaderTests, and gh-143916).

use wsgi_util::{HeaderError, Headers};

fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers::from_pairs(pairs.iter().copied()).unwrap()
}

#[test]
fn the_interface_of_a_mapping() {
    assert_eq!(Headers::new().len(), 0);
    assert!(Headers::new().is_empty());
    let test = headers(&[("x", "y")]);
    assert_eq!(test.len(), 1);
    assert_eq!(test.keys().collect::<Vec<_>>(), ["x"]);
    assert_eq!(test.values().collect::<Vec<_>>(), ["y"]);
    assert_eq!(test.iter().collect::<Vec<_>>(), [("x", "y")]);

    let mut headers = Headers::new();
    headers.remove("foo");

    headers.set("Foo", "bar").unwrap();
    for name in ["foo", "Foo", "FOO"] {
        assert!(headers.contains(name));
        assert_eq!(headers.get(name), Some("bar"));
        assert_eq!(headers.get_all(name), ["bar"]);
    }
    assert!(!headers.contains("bar"));
    assert_eq!(headers.get("bar"), None);
    assert!(headers.get_all("bar").is_empty());

    headers.set("foo", "baz").unwrap();
    assert_eq!(headers.get("FOO"), Some("baz"));
    assert_eq!(headers.get_all("foo"), ["baz"]);

    assert_eq!(headers.get("foo").unwrap_or("whee"), "baz");
    assert_eq!(headers.get("zoo").unwrap_or("whee"), "whee");
    assert_eq!(headers.setdefault("foo", "whee"), Ok("baz"));
    assert_eq!(headers.setdefault("zoo", "whee"), Ok("whee"));
    assert_eq!(headers.get("foo"), Some("baz"));
    assert_eq!(headers.get("zoo"), Some("whee"));
}

#[test]
fn order_and_duplicates_are_kept() {
    let mut headers = headers(&[("A", "1"), ("B", "2"), ("a", "3"), ("C", ""), ("B", "4")]);
    assert_eq!(headers.len(), 5);
    assert_eq!(headers.get_all("A"), ["1", "3"]);
    assert_eq!(headers.get("C"), Some(""));

    headers.remove("b");
    assert_eq!(headers.to_string(), "A: 1\r\na: 3\r\nC: \r\n\r\n");

    headers.set("a", "5").unwrap();
    assert_eq!(headers.to_string(), "C: \r\na: 5\r\n\r\n", "what is set goes to the end");
    headers.remove("C");
    headers.remove("A");
    assert_eq!(headers.to_string(), "\r\n");
    assert_eq!(headers, Headers::new());
}

#[test]
fn parameters() {
    let mut headers = Headers::new();
    assert_eq!(headers.to_string(), "\r\n");

    headers.add_header("foo", "bar", &[("baz", Some("spam"))]).unwrap();
    assert_eq!(headers.get("foo"), Some("bar; baz=\"spam\""));
    assert_eq!(headers.to_string(), "foo: bar; baz=\"spam\"\r\n\r\n");

    headers.add_header("Foo", "bar", &[("cheese", None)]).unwrap();
    assert_eq!(headers.get_all("foo"), ["bar; baz=\"spam\"", "bar; cheese"]);
    assert_eq!(headers.to_string(), "foo: bar; baz=\"spam\"\r\nFoo: bar; cheese\r\n\r\n");
}

#[test]
fn parameters_are_written_as_cpython_writes_them() {
    type Params<'p> = &'p [(&'p str, Option<&'p str>)];
    let table: &[(Option<&str>, Params<'_>, &str)] = &[
        (Some("v"), &[], "v"),
        (None, &[], ""),
        (None, &[("a", Some("b")), ("c", None)], r#"a="b"; c"#),
        (Some(""), &[("a", Some("b"))], r#"; a="b""#),
        (Some("v"), &[("max_age", Some("1")), ("a_b_c", None)], r#"v; max-age="1"; a-b-c"#),
        (Some("v"), &[("a", Some(""))], "v; a"),
        (Some("v"), &[("a", Some(r#"say "hi" \o/"#))], r#"v; a="say \"hi\" \\o/""#),
        (
            Some("v"),
            &[("a", Some("tab\there")), ("caf\u{e9}", Some("\u{e9}"))],
            "v; a=\"tab\there\"; caf\u{e9}=\"\u{e9}\"",
        ),
    ];
    for (value, params, line) in table {
        let mut headers = Headers::new();
        headers.add_header("X", *value, params).unwrap();
        assert_eq!(headers.get("x"), Some(*line));
    }
}

#[test]
fn bytes_are_latin_1() {
    let mut headers = headers(&[("X-Name", "caf\u{e9}")]);
    assert_eq!(headers.to_bytes().unwrap(), b"X-Name: caf\xe9\r\n\r\n");

    headers.append("X-Price", "5 \u{20ac}").unwrap();
    let error = headers.to_bytes().unwrap_err();
    assert_eq!(error, HeaderError::NotLatin1 { name: "X-Price".into(), character: '\u{20ac}' });
    assert!(error.to_string().contains("\"X-Price\" contains '€'"), "{error}");

    let mut buffer = b"before".to_vec();
    headers.append_to(&mut buffer).unwrap_err();
    assert_eq!(buffer, b"before");
}

#[test]
fn debug_is_pythons_repr() {
    assert_eq!(
        format!("{:?}", headers(&[("a", "b"), ("c", "d")])),
        r#"Headers([("a", "b"), ("c", "d")])"#
    );
}

#[test]
fn control_characters_are_refused_everywhere() {
    for byte in (0..=0x1f).chain([0x7f]) {
        let character = char::from(byte);
        let (bad_name, bad_value) = (format!("a{character}b"), format!("c{character}d"));
        let in_name = HeaderError::ControlInName { name: bad_name.clone(), character };
        let in_value = HeaderError::ControlInValue { name: "n".into(), character };
        let tab = character == '\t';

        let mut headers = headers(&[("n", "v")]);
        let before = headers.clone();
        assert_eq!(Headers::from_pairs([(&bad_name, "v")]), Err(in_name.clone()));
        assert_eq!(headers.set(&bad_name, "v"), Err(in_name.clone()));
        assert_eq!(headers.append(&bad_name, "v"), Err(in_name.clone()));
        assert_eq!(headers.setdefault(&bad_name, "v"), Err(in_name.clone()));
        assert_eq!(headers.add_header(&bad_name, "v", &[]), Err(in_name.clone()));
        assert_eq!(headers.add_header("n", "v", &[(&bad_name, None)]), Err(in_name));
        assert_eq!(headers, before, "nothing is changed by what is refused");
        assert!(!headers.contains(&bad_name));

        let refused = if tab { Ok(()) } else { Err(in_value.clone()) };
        assert_eq!(Headers::from_pairs([("n", &bad_value)]).map(drop), refused);
        assert_eq!(headers.append("n", &bad_value), refused);
        assert_eq!(headers.add_header("n", &*bad_value, &[]), refused);
        assert_eq!(headers.setdefault("n", &bad_value).map(drop), refused);
        assert_eq!(headers.set("n", &bad_value), refused);
        let in_param = headers.add_header("n", "v", &[("p", Some(&bad_value))]);
        assert_eq!(in_param.is_ok(), tab);
    }
}

#[test]
fn a_refusal_names_the_field_and_the_rule() {
    let mut headers = Headers::new();
    assert_eq!(
        headers.set("X-A", "a\r\nb: c").unwrap_err().to_string(),
        "Control characters not allowed in headers: the value of \"X-A\" contains '\\r' (RFC 9110 §5.5); remove it"
    );
    assert_eq!(
        headers.set("X\n", "").unwrap_err().to_string(),
        "Control characters not allowed in headers: the name \"X\\n\" contains '\\n' (RFC 9110 §5.1); remove it"
    );
}
