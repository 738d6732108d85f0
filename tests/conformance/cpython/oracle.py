#!/usr/bin/env python3
"""Answers requests with CPython's own servers, for `cargo xtask conformance`.

    python3 oracle.py        reads cases from standard input, writes answers

One case is one line of JSON, and so is its answer:

    {"server": "script", "request": "GET / HTTP/1.0\\r\\n\\r\\n", "half_close": true, "script": [...]}
    {"response": "HTTP/1.0 200 OK\\r\\n...", "ending": "eof", "log": ["127.0.0.1 - - ..."]}

The first line of the output says who answers. Bytes are text with one character per byte. The servers, the client and the
masks are those of `tests/golden/record_golden.py`; besides them there are servers that do what the script of a case says:

    script, script11    a BaseHTTPRequestHandler: a list of steps, each a call of the method of that name
    app, valid-app      a WSGI application (the second behind the validator): {"returns": KIND, "steps": [...]}

`src/cpython/script/` of this package is the same vocabulary in Rust. Needs Python 3.11 or later, nothing else.
"""

import io
import json
import os
import pathlib
import platform
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from wsgiref.validate import validator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "golden"))
import record_golden as golden  # noqa: E402

# --- scripted handlers ---------------------------------------------------------------


class Scripted(BaseHTTPRequestHandler):
    """Does what `steps` say, whatever the method."""

    steps = []
    body = b""

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.run
        raise AttributeError(name)

    def run(self):
        for step in self.steps:
            arguments = dict(step)
            getattr(self, "step_" + arguments.pop("do").replace("-", "_"))(**arguments)

    def step_send_response(self, code, message=None):
        self.send_response(code, message)

    def step_send_response_only(self, code, message=None):
        self.send_response_only(code, message)

    def step_send_header(self, name, value):
        self.send_header(name, value)

    def step_end_headers(self):
        self.end_headers()

    def step_flush_headers(self):
        self.flush_headers()

    def step_write(self, data):
        self.wfile.write(data.encode("latin-1"))

    def step_send_error(self, code, message=None, explain=None):
        self.send_error(code, message, explain)

    def step_read(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def step_echo(self):
        self.wfile.write(ascii(self.body).encode("ascii") + b"\n")

    def step_log_message(self, text):
        self.log_message("%s", text)

    def step_log_error(self, text):
        self.log_error("%s", text)

    def step_close_connection(self, value):
        self.close_connection = value

    def step_fail(self, text):
        raise ValueError(text)


class Scripted11(Scripted):
    protocol_version = "HTTP/1.1"


# --- scripted applications -----------------------------------------------------------


class Run:
    """One call of a scripted application: an iterator over the pieces of its body."""

    def __init__(self, steps, environ, start_response):
        self.steps, self.environ, self.start_response = iter(steps), environ, start_response
        self.write = None

    def __iter__(self):
        return self

    def __next__(self):
        for step in self.steps:
            arguments = dict(step)
            piece = getattr(self, "step_" + arguments.pop("do").replace("-", "_"))(**arguments)
            if piece is not None:
                return piece
        raise StopIteration

    def step_start(self, status, headers):
        self.write = self.start_response(status, [tuple(pair) for pair in headers])

    def step_restart(self, status, headers, text):
        try:
            raise ValueError(text)
        except ValueError:
            self.write = self.start_response(status, [tuple(pair) for pair in headers], sys.exc_info())

    def step_write(self, data):
        self.write(data.encode("latin-1"))

    def step_piece(self, data):
        return data.encode("latin-1")

    def step_environ(self, key):
        return f"{key} = {self.environ.get(key)!a}\n".encode("ascii")

    def step_read(self, size):
        return f"{self.environ['wsgi.input'].read(size)!a}\n".encode("ascii")

    def step_readline(self):
        return f"{self.environ['wsgi.input'].readline()!a}\n".encode("ascii")

    def step_errors(self, text):
        self.environ["wsgi.errors"].write(text + "\n")

    def step_fail(self, text):
        raise ValueError(text)


class Closing(Run):
    """The same with a `close` that is seen in the log."""

    def close(self):
        self.environ["wsgi.errors"].write("close called\n")


class FailingClose(Run):
    def close(self):
        raise ValueError("from close")


def application(script):
    """The application of a script; a "list" has done all its steps when it returns."""
    kinds = {
        "list": lambda *arguments: list(Run(*arguments)),
        "iterator": Run,
        "closing": Closing,
        "failing-close": FailingClose,
        "file": lambda *arguments: arguments[1]["wsgi.file_wrapper"](io.BytesIO(b"".join(Run(*arguments))), 16),
    }
    returns = kinds[script["returns"]]
    return lambda environ, start_response: returns(script["steps"], environ, start_response)


# --- one case ------------------------------------------------------------------------


def make_server(case, root):
    kind, script = case["server"], case.get("script")
    if kind in ("script", "script11"):
        base = Scripted if kind == "script" else Scripted11
        return HTTPServer(("127.0.0.1", 0), type("Handler", (base,), {"steps": script}))
    if kind in ("app", "valid-app"):
        server = golden.make_server("wsgi", root)
        app = application(script)
        server.set_app(validator(app) if kind == "valid-app" else app)
        return server
    return golden.make_server(kind, root)


def play(case, root):
    """Serves one connection, as the recording does."""
    server, real_stderr = make_server(case, root), sys.stderr
    thread = threading.Thread(target=server.handle_request, daemon=True)
    sys.stderr = captured = io.StringIO()
    try:
        thread.start()
        request = case["request"].encode("latin-1")
        response, ending = golden.exchange(server.server_address[1], request, case["half_close"])
        thread.join(10)
    finally:
        sys.stderr = real_stderr
        server.server_close()
    return {"response": golden.mask(response), "ending": ending, "log": golden.mask_log(captured.getvalue())}


def main():
    os.environ["NO_COLOR"] = "1"
    os.environ.pop("FORCE_COLOR", None)
    version = f"{platform.python_implementation()} {platform.python_version()}"
    print(json.dumps({"reference": version, "extra": golden.HAS_EXTRA}), flush=True)
    with tempfile.TemporaryDirectory() as root:
        golden.make_tree(root)
        for line in sys.stdin:
            print(json.dumps(play(json.loads(line), root)), flush=True)


if __name__ == "__main__":
    main()
