//! `send_error` and `send_response` with each status there is, and with some that are none.

use super::super::script::{Script, Step};
use super::super::wire_case::WireCase;
use super::wire::Request;

/// Those that CPython has words for, and behind them some of every class that nobody has.
const STATUSES: &[u16] = &[
    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304,
    305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415,
    416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505,
    506, 507, 508, 510, 511, 199, 299, 306, 399, 419, 499, 599, 600, 999,
];

pub(super) fn all() -> Vec<WireCase> {
    let mut cases = Vec::new();
    for &code in STATUSES {
        let error = Step::SendError { code, message: None, explain: None };
        cases.push(case(format!("errors/{code}"), "GET", vec![error]));
        if code >= 200 {
            let response = Step::SendResponse { code, message: None };
            let length = Step::SendHeader { name: "Content-Length".into(), value: "0".into() };
            let steps = vec![response, length, Step::EndHeaders];
            cases.push(case(format!("statuses/{code}"), "GET", steps));
        }
    }
    cases
}

fn case(name: String, method: &str, steps: Vec<Step>) -> WireCase {
    WireCase {
        name,
        server: "script".to_owned(),
        request: Request::new(method, "/", "HTTP/1.0").text(),
        half_close: true,
        script: Some(Script::Handler(steps)),
    }
}
